//! A conversation that the API does not accept any more.

use super::*;
use crate::{
    channel::state::{controls::ControlAction, recovery_state::ForkReason},
    registry::state::Checkpoint,
};

fn damaged() -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        is_error: true,
        api_error_status: Some(400),
        api_error: Some("tool_history_mismatch".into()),
        ..TurnResult::default()
    }))
}

/// A session with two answered turns.
fn conversation() -> Record {
    let mut record = seasoned();
    let checkpoint = |at: &str| Checkpoint {
        at: at.into(),
        message: None,
        is_first: false,
    };
    record.state.checkpoints = vec![checkpoint("one"), checkpoint("two")];
    record
}

/// A channel with this record, in which a message is run again because somebody pressed Repair; what follows.
fn repaired(record: Record) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::with(Some(record));
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    drop(bench.answer("switchboard-get-usage"));
    let effects = bench.cli(damaged());
    assert!(notices(&effects)[0].1.contains("history is damaged"));
    let forks = &mut bench.state.recovery.forks;
    forks.insert(MessageId(101), ForkReason::Repair);
    let request = Request::Prompt {
        text: "hello".into(),
        context: Box::default(),
    };
    let item = QueueItem {
        source: Source::Retry {
            press: OpId::Press(9),
        },
        ..item(Origin::Message(MessageId(101)), Role::Member, request)
    };
    assert!(bench.event(Event::Requested(item)).contains(&Effect::Stop));
    drop(bench.event(Event::Saved(Ok(()))));
    let effects = bench.exit("");
    (bench, effects)
}

/// The session at whose message the new one begins.
fn fork(effects: &[Effect]) -> Option<(&str, &str)> {
    match starts(effects)[..] {
        [Start::Fork { from, at, .. }] => Some((from, at.as_deref().unwrap())),
        _ => None,
    }
}

/// The new process takes the message.
fn asked(bench: &mut Bench) -> Vec<Effect> {
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    bench.answer("switchboard-get-usage")
}

#[test]
fn a_repair_forks_before_the_damage_and_says_which_session_is_kept() {
    let (mut bench, effects) = repaired(conversation());
    assert_eq!(fork(&effects), Some(("old", "two")));
    assert_eq!(asks(&asked(&mut bench)), ["hello"], "nothing to withdraw");
    drop(bench.text("answer"));
    let effects = bench.cli(result());
    assert!(
        says(&effects)[0].contains("`claude --resume old`"),
        "{effects:?}"
    );
}

#[test]
fn a_repair_goes_back_until_the_api_accepts_the_conversation() {
    let (mut bench, _) = repaired(conversation());
    drop(asked(&mut bench));
    assert!(bench.cli(damaged()).contains(&Effect::Stop));
    let effects = bench.exit("");
    assert_eq!(fork(&effects), Some(("old", "one")), "of the old session");
    drop(asked(&mut bench));
    // Nothing of it is left.
    let effects = bench.cli(damaged());
    assert_eq!(says(&effects), [messages::REPAIRED_ANEW]);
    let effects = bench.exit("");
    assert!(
        matches!(starts(&effects)[..], [Start::Fresh(_)]),
        "{effects:?}"
    );
    drop(bench.event(Event::Started));
    assert_eq!(asks(&bench.answer("switchboard-initialize")), ["hello"]);
    drop(bench.text("answer"));
    let effects = bench.cli(result());
    assert!(says(&effects).is_empty(), "{effects:?}");
}

#[test]
fn a_damage_that_returns_in_a_new_session_is_offered_again() {
    let mut record = conversation();
    record.state.checkpoints.clear();
    let (mut bench, effects) = repaired(record);
    assert!(
        matches!(starts(&effects)[..], [Start::Fresh(_)]),
        "{effects:?}"
    );
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.cli(damaged());
    assert!(notices(&effects)[0].1.contains("history is damaged"));
}

#[test]
fn a_repair_mends_the_session_for_all_messages_that_were_rejected() {
    let mut bench = Bench::with(Some(conversation()));
    drop(bench.ask("first"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(asked(&mut bench));
    let effects = bench.cli(damaged());
    assert!(notices(&effects)[0].1.contains("history is damaged:"));
    drop(bench.ask("second"));
    drop(bench.event(Event::Saved(Ok(()))));
    let effects = bench.cli(damaged());
    assert_eq!(
        notices(&effects),
        [(MessageId(102), messages::STILL_DAMAGED)],
        "short the second time"
    );
    let state = &mut bench.state;
    for message in [101, 102] {
        let forks = &mut state.recovery.forks;
        forks.insert(MessageId(message), ForkReason::Repair);
    }
    assert!(state.fork_session(MessageId(101), bench.now).is_some());
    assert!(state.fork_session(MessageId(102), bench.now).is_none());
    // A press that comes later finds another session.
    let action = ControlAction::Repair {
        message: MessageId(102),
        session: "old".into(),
    };
    assert_eq!(state.prepare(action, Role::Member, bench.now), Ok(()));
    assert!(state.recovery.forks.is_empty());
}
