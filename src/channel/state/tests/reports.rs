//! Whom the report on a background task pings, and what is said if it fails.

use super::{background::with_task, *};
use crate::claude::protocol::{ApiRetry, RateLimit};

/// The message that started the task of [`with_task`].
const STARTER: MessageId = MessageId(101);

/// When the limit of these tests resets.
const RESET: i64 = 3_600;

/// What is said, the message it replies to, and whether that pings.
fn replies(effects: &[Effect]) -> Vec<(&str, Option<MessageId>, bool)> {
    let replies = texts(effects).map(|(_, post)| (text_of(post), post.reply_to, post.notify));
    replies.collect()
}

/// A task has run for half a minute, and Claude begins to report on it.
fn reporting_late() -> Bench {
    let mut bench = with_task();
    drop(bench.after(30));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    bench
}

/// The result of a report that failed.
fn refused_report(status: u16) -> SessionEvent {
    let SessionEvent::Result(mut result) = refused(status) else {
        panic!()
    };
    result.origin = Some("task-notification".into());
    SessionEvent::Result(result)
}

fn retrying(status: u16) -> SessionEvent {
    SessionEvent::ApiRetry(ApiRetry {
        attempt: 1,
        max_retries: 10,
        status: Some(status),
        ..ApiRetry::default()
    })
}

#[test]
fn a_report_on_a_long_task_replies_and_pings_once() {
    let mut bench = reporting_late();
    assert_eq!(
        replies(&bench.text("all green")),
        [("all green", Some(STARTER), true)]
    );
    assert_eq!(replies(&bench.cli(report())), []);
}

#[test]
fn a_report_of_several_texts_ends_with_a_ping() {
    let mut bench = reporting_late();
    drop(bench.cli(text("let me look")));
    let effects = bench.cli(tool("t"));
    assert_eq!(replies(&effects), [("let me look", Some(STARTER), false)]);
    assert_eq!(
        replies(&bench.text("all green")),
        [("all green", None, false)]
    );
    let done = "Ended in the background after 30 s: `sleep 'b1'`.";
    assert_eq!(replies(&bench.cli(report())), [(done, Some(STARTER), true)]);
}

#[test]
fn a_long_task_pings_whoever_started_it_without_a_report_too() {
    let done = [(
        "Ended in the background after 30 s: `sleep 'b1'`.",
        Some(STARTER),
        true,
    )];
    let mut bench = with_task();
    drop(bench.after(30));
    drop(bench.cli(task_ended("b1", true)));
    assert_eq!(replies(&bench.after(2)), done, "none begins");

    let mut bench = with_task();
    drop(bench.after(30));
    // Somebody else writes meanwhile.
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(init()));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(result()));
    drop(bench.cli(init()));
    let mut silent = report();
    if let SessionEvent::Result(result) = &mut silent {
        result.result = None;
    }
    assert_eq!(replies(&bench.cli(silent)), done, "it says nothing");
}

#[test]
fn a_task_short_stopped_or_within_its_turn_does_not_ping() {
    let is_quiet = |mut bench: Bench| {
        drop(bench.cli(init()));
        let mut effects = bench.cli(text("done"));
        effects.extend(bench.cli(stop("end_turn")));
        effects.extend(bench.cli(report()));
        assert_eq!(replies(&effects), [("done", None, false)]);
    };
    let mut short = with_task();
    drop(short.cli(task_ended("b1", true)));
    is_quiet(short);

    let mut within = Bench::new();
    within.working();
    drop(within.cli(task_started("b1")));
    drop(within.after(30));
    drop(within.cli(task_ended("b1", true)));
    drop(within.cli(result()));
    is_quiet(within);

    let mut stopped = with_task();
    drop(stopped.after(30));
    drop(stopped.stop());
    drop(stopped.cli(task_ended("b1", false)));
    is_quiet(stopped);
}

#[test]
fn a_task_that_ends_during_a_report_pings_by_the_next_one() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(init()));
    drop(bench.cli(task_started("b2")));
    drop(bench.cli(result()));
    drop(bench.after(1));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    drop(bench.after(30));
    drop(bench.cli(task_ended("b2", true)));
    drop(bench.cli(report()));
    drop(bench.cli(init()));
    let second = Some(MessageId(102));
    assert_eq!(
        replies(&bench.text("b2 is done")),
        [("b2 is done", second, true)]
    );
    assert_eq!(replies(&bench.cli(report())), []);
}

#[test]
fn a_report_that_fails_says_why_and_is_booked() {
    let lead = "The background task `sleep 'b1'` has ended, but Claude couldn't report on it. ";
    for (status, why, outcome) in [
        (429, "Claude is busy right now (status 429)", "api_down"),
        (
            529,
            "Claude's API is unavailable right now (status 529)",
            "api_down",
        ),
        (
            402,
            "Claude's API rejected the request because the Anthropic account",
            "billing",
        ),
        (401, "Claude isn't logged in.", "login_expired"),
    ] {
        let mut bench = reporting_late();
        let effects = bench.cli(refused_report(status));
        let [(said, Some(STARTER), true)] = replies(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert!(said.starts_with(&format!("{lead}{why}")), "{said}");
        assert!(!said.contains("Retry"), "{said}");
        assert_eq!(lines(&effects)[0].outcome, outcome);
        assert_eq!(effects.contains(&Effect::Stop), status == 401);
    }
}

#[test]
fn a_report_without_a_login_is_ended_at_its_first_retry() {
    let mut bench = reporting_late();
    let effects = bench.cli(retrying(401));
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(effects.contains(&interrupt), "{effects:?}");
    assert!(says(&effects)[0].contains("Claude isn't logged in."));
    assert!(bench.cli(retrying(401)).is_empty());
    let effects = bench.cli(report());
    assert_eq!(says(&effects), [""; 0]);
    assert_eq!(lines(&effects)[0].outcome, "login_expired");
    assert!(effects.contains(&Effect::Stop));
}

#[test]
fn retries_in_a_report_are_told_now_and_then() {
    let mut bench = reporting_late();
    assert!(says(&bench.cli(retrying(529)))[0].contains("attempt 1 of 10"));
    assert!(bench.cli(retrying(529)).is_empty());
    drop(bench.after(20));
    assert_eq!(says(&bench.cli(retrying(529))).len(), 1);
}

#[test]
fn a_usage_limit_met_by_a_report_holds_the_messages() {
    let mut bench = reporting_late();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.ask("and more"));
    drop(bench.cli(SessionEvent::RateLimit(Box::new(RateLimit {
        status: "rejected".into(),
        kind: Some("five_hour".into()),
        resets_at: u64::try_from(RESET).ok(),
        ..RateLimit::default()
    }))));
    let effects = bench.cli(refused_report(429));
    assert!(effects.contains(&Effect::UsageLimitReached(RESET)));
    assert_eq!(lines(&effects)[0].outcome, "usage_limit");
    let said = says(&effects);
    assert!(
        said[0].contains("Claude's 5-hour usage limit is reached. It resets <t:3600:t>"),
        "{said:?}"
    );
    let waits = said
        .iter()
        .filter(|text| text.contains("Your message waits until <t:3600:t>"));
    assert_eq!((waits.count(), asks(&effects)), (2, vec![]), "{said:?}");
    let held = &bench.state.record().unwrap().state.held;
    assert_eq!(held[..], [MessageId(102), MessageId(103)]);
}

#[test]
fn the_failure_of_a_report_that_crosses_a_message_is_told() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.after(30));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    assert!(bench.cli(refused_report(401)).is_empty());
    let effects = bench.cli(init());
    assert!(says(&effects)[0].contains("has ended, but Claude couldn't report on it."));
    assert_eq!(lines(&effects)[0].outcome, "login_expired");
    assert!(!effects.contains(&Effect::Stop), "{effects:?}");
    assert_eq!(says(&bench.text("answer")), ["answer"]);
}
