//! Turns: taken up, answered, stopped, failed.

use super::*;
use crate::money::Usd;

#[test]
fn a_message_is_recorded_before_a_process_is_started_for_it() {
    let mut bench = Bench::new();
    let effects = bench.ask("hello");
    let [
        Effect::Chat(ChatOp::Typing { on: true, .. }),
        Effect::Save {
            record,
            entries,
            wait: Wait::Confirmed,
        },
    ] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(*entries, []);
    assert_eq!(record.state.last_message_id, Some(MessageId(101)));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(starts(&effects), [&Start::Fresh("id-1".into())]);
    let effects = bench.event(Event::Started);
    assert_eq!(
        effects,
        [control(
            "switchboard-initialize",
            Control::initialize().serving(["switchboard"])
        )]
    );
    assert_eq!(asks(&bench.answer("switchboard-initialize")), ["hello"]);
}

#[test]
fn a_message_that_could_not_be_recorded_is_not_run() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Err("disk full".into())));
    assert!(says(&effects)[0].contains("didn't run it"));
    assert!(starts(&effects).is_empty() && bench.state.is_idle());
    assert!(!bench.ask("again").is_empty(), "the next one is taken up");
}

#[test]
fn only_the_first_post_of_an_answer_replies() {
    let mut bench = Bench::new();
    bench.working();
    let first = bench.text("one");
    let second = bench.text("two");
    assert_eq!((says(&first), says(&second)), (vec!["one"], vec!["two"]));
    let replies = [&first, &second].map(|effects| puts(effects).next().unwrap().1.reply_to);
    assert_eq!(replies, [Some(MessageId(101)), None]);
    let end = bench.cli(result());
    let line = lines(&end)[0];
    assert_eq!(
        (line.outcome.as_str(), line.cost_usd, line.output_tokens),
        ("answered", Usd::from_dollars(0.5), 5)
    );
    assert!(says(&end).is_empty() && end.contains(&typing(false)));
    let record = bench.state.record().unwrap();
    assert!(record.is_resumable() && record.message_count == 1);
}

#[test]
fn a_live_process_serves_the_next_message() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.ask("again"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(asks(&effects), ["again"]);
    assert!(starts(&effects).is_empty());
}

#[test]
fn twenty_messages_wait_in_order_and_more_are_refused() {
    let mut bench = Bench::new();
    bench.working();
    for number in 1..=20 {
        assert!(bench.ask(&format!("m{number}")).is_empty());
    }
    assert!(says(&bench.ask("m21"))[0].starts_with("20 messages are already waiting here"));
    let mut order = Vec::new();
    drop(bench.cli(result()));
    for _ in 0..20 {
        order.extend(
            asks(&bench.event(Event::Saved(Ok(()))))
                .into_iter()
                .map(str::to_owned),
        );
        drop(bench.cli(result()));
    }
    assert_eq!(
        order,
        (1..=20)
            .map(|number| format!("m{number}"))
            .collect::<Vec<_>>()
    );
}

#[test]
fn stop_interrupts_and_goes_on_with_the_queue() {
    let mut bench = Bench::new();
    assert_eq!(says(&bench.stop()), ["Nothing is running here."]);
    bench.working();
    drop(bench.cli(init()));
    drop(bench.ask("next"));
    assert_eq!(
        bench.stop(),
        [control("switchboard-interrupt", Control::Interrupt)]
    );
    assert_eq!(says(&bench.stop()), ["Already stopping."]);
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert!(says(&end)[0].contains("1 message is waiting"));
    assert_eq!(lines(&end)[0].outcome, "interrupted");
    assert_eq!(bench.state.record().unwrap().total_turn_errors, 0);
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["next"]);
}

#[test]
fn an_interrupt_before_init_is_repeated() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    assert_eq!(
        bench.cli(init()),
        [control("switchboard-interrupt", Control::Interrupt)]
    );
}

#[test]
fn an_ignored_interrupt_ends_the_process() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    assert!(bench.after(4).is_empty());
    assert_eq!(bench.after(1), [Effect::Stop]);
    let effects = bench.exit("");
    assert!(says(&effects)[0].starts_with("Stopped."));
    assert_eq!(lines(&effects)[0].outcome, "interrupted");
    assert!(bench.state.is_idle());
}

#[test]
fn stop_before_the_process_is_ready_drops_the_message() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    assert!(says(&bench.stop())[0].contains("was not run"));
    assert!(asks(&bench.answer("switchboard-initialize")).is_empty());
}

#[test]
fn a_timeout_ends_the_turn_but_keeps_the_session() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    drop(bench.cli(tool("a")));
    assert!(bench.after(299).is_empty());
    assert_eq!(
        bench.after(1),
        [control("switchboard-interrupt", Control::Interrupt)]
    );
    let end = bench.cli(failed("x"));
    assert!(notices(&end)[0].1.starts_with("Timed out after 300 s"));
    assert_eq!(lines(&end)[0].outcome, "timed_out");
    assert_eq!(bench.state.record().unwrap().session_id, "id-1");
    assert!(bench.state.record().unwrap().is_resumable());
}

#[test]
fn an_error_is_booked_and_keeps_the_session() {
    let mut bench = Bench::new();
    bench.working();
    let end = bench.cli(failed("kaput"));
    assert!(notices(&end)[0].1.starts_with("Claude failed: kaput."));
    assert_eq!(bench.state.record().unwrap().total_turn_errors, 1);
    assert_eq!(bench.state.record().unwrap().session_id, "id-1");
}

#[test]
fn an_expired_login_cancels_the_turn() {
    let mut bench = Bench::new();
    bench.working();
    let retry = protocol::ApiRetry {
        attempt: 1,
        max_retries: 10,
        status: Some(401),
        ..protocol::ApiRetry::default()
    };
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert_eq!(bench.cli(SessionEvent::ApiRetry(retry)), [interrupt]);
    let end = bench.cli(failed("x"));
    assert!(notices(&end)[0].1.starts_with("Claude isn't logged in"));
    assert_eq!(lines(&end)[0].outcome, "login_expired");
    assert!(
        end.contains(&Effect::Stop),
        "a new process sees a new login"
    );
}

#[test]
fn api_retries_are_reported_at_intervals() {
    let mut bench = Bench::new();
    bench.working();
    let mut noted = Vec::new();
    for attempt in 1..=10 {
        let retry = protocol::ApiRetry {
            attempt,
            max_retries: 10,
            status: Some(529),
            ..protocol::ApiRetry::default()
        };
        if !says(&bench.cli(SessionEvent::ApiRetry(retry))).is_empty() {
            noted.push(attempt);
        }
        drop(bench.after(5));
    }
    assert_eq!(noted, [1, 5, 9]);
}

#[test]
fn reports_between_turns_are_posted() {
    let mut bench = Bench::new();
    bench.waiting();
    assert_eq!(
        says(&bench.cli(text("the build is done"))),
        ["the build is done"]
    );
    let mut report = TurnResult {
        total_cost_usd: Some(0.7),
        ..TurnResult::default()
    };
    report.origin = Some("task-notification".into());
    let effects = bench.cli(SessionEvent::Result(Box::new(report)));
    let line = lines(&effects)[0];
    assert_eq!(
        (line.outcome.as_str(), line.author),
        ("background", UserId(2))
    );
    assert_eq!(line.cost_usd, Usd::from_dollars(0.2));
    let total = bench.state.record().unwrap().state.cli_total_cost_usd;
    assert!(
        (total - 0.7).abs() < 1e-12,
        "the next difference is taken from here"
    );
}
