//! Turns that end before they are done, or without an answer.

use super::*;

fn ended(subtype: &str) -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: subtype.into(),
        is_error: subtype != "success",
        num_turns: 1,
        session_id: Some("id-1".into()),
        ..TurnResult::default()
    }))
}

/// Somebody presses Retry.
fn retry(bench: &mut Bench) -> Vec<Effect> {
    let request = Request::Prompt {
        text: "hello".into(),
        context: Box::default(),
    };
    drop(bench.event(Event::Requested(QueueItem {
        source: Source::Retry {
            press: OpId::Press(900),
        },
        ..item(Origin::Message(MessageId(101)), Role::Member, request)
    })));
    bench.event(Event::Saved(Ok(())))
}

/// Whether each message is sent as one of which the session may hold work already.
fn reruns(effects: &[Effect]) -> Vec<bool> {
    let found = effects.iter().filter_map(|effect| match effect {
        Effect::Ask { context, .. } => Some(context.is_rerun),
        _ => None,
    });
    found.collect()
}

#[test]
fn a_turn_cut_off_by_its_steps_continues_in_the_session() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.text("One step."));
    let effects = bench.cli(ended("error_max_turns"));
    let [(MessageId(101), notice)] = notices(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(notice.contains("limit of steps per turn"), "{notice}");
    assert!(!effects.contains(&Effect::Stop), "the process can go on");
    assert_eq!(reruns(&retry(&mut bench)), [true]);
}

#[test]
fn a_spent_budget_ends_the_process() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.text("One step."));
    let effects = bench.cli(ended("error_max_budget_usd"));
    assert!(notices(&effects)[0].1.contains("budget"), "{effects:?}");
    assert!(effects.contains(&Effect::Stop));
    drop(bench.exit(""));
    let effects = retry(&mut bench);
    assert!(
        matches!(starts(&effects)[..], [Start::Resume(_)]),
        "{effects:?}"
    );
}

#[test]
fn a_silent_turn_is_withdrawn_before_it_is_run_again() {
    let mut bench = Bench::new();
    bench.working();
    let effects = bench.cli(ended("success"));
    assert!(notices(&effects)[0].1.contains("no answer"), "{effects:?}");
    let effects = retry(&mut bench);
    assert!(asks(&effects).is_empty(), "{effects:?}");
    let effects = bench.answer("switchboard-withdraw");
    assert_eq!(reruns(&effects), [false], "nothing is left of it");
}

#[test]
fn what_is_run_for_the_first_time_is_no_rerun() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.ask("next"));
    assert_eq!(reruns(&bench.event(Event::Saved(Ok(())))), [false]);
}

#[test]
fn without_another_model_the_message_can_be_retried() {
    let mut bench = Bench::new();
    let config = Arc::get_mut(&mut bench.state.config).unwrap();
    config.models = Some(vec!["sonnet".into()]);
    bench.working();
    let unknown = SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        is_error: true,
        api_error_status: Some(404),
        errors: vec!["model: sonnet".into()],
        ..TurnResult::default()
    }));
    let effects = bench.cli(unknown);
    let (_, notice) = notices(&effects)[0];
    assert_eq!(
        notice,
        "Claude's API doesn't know the model `sonnet`. Choose another one with `!model` (admins only)."
    );
}
