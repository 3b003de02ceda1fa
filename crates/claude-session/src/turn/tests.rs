//! The captures, turn by turn, and what no capture shows.

use super::*;
use bytes::Bytes;

use crate::protocol::{Line, SessionEvent, parse};

pub(super) fn event(line: &str) -> SessionEvent {
    match parse(&Bytes::copy_from_slice(line.as_bytes())) {
        Line::Event(event) => event,
        other => panic!("{line}: {other:?}"),
    }
}

/// Replays the stdout lines of a capture; one outcome for each result.
fn outcomes(capture: &str) -> (Vec<Outcome>, Vec<Signal>) {
    let mut outcomes = Vec::new();
    let mut signals = Vec::new();
    let mut turn = Turn::new();
    for line in capture.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        if record["dir"] == "in" && record["line"].as_str().unwrap().contains("\"interrupt\"") {
            turn.interrupting();
        }
        if record["dir"] != "out" {
            continue;
        }
        let line = Bytes::from(record["line"].as_str().unwrap().to_owned());
        let Line::Event(event) = parse(&line) else {
            continue;
        };
        for signal in turn.apply(&event) {
            if let Signal::Ended(outcome) = signal {
                outcomes.push(*outcome);
                turn = Turn::new();
            } else {
                signals.push(signal);
            }
        }
    }
    (outcomes, signals)
}

macro_rules! capture {
    ($name:literal) => {
        outcomes(include_str!(concat!(
            "../../tests/captures/",
            $name,
            ".jsonl"
        )))
    };
}

#[track_caller]
fn endings(outcomes: &[Outcome], expected: &[Ending]) {
    let found: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.ending.clone())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn two_turns_answer_and_count_their_own_tokens() {
    let (outcomes, signals) = capture!("two-turns");
    endings(&outcomes, &[Ending::Answered, Ending::Answered]);
    assert_eq!(
        signals,
        [
            Signal::Text("echo(1): hello".into()),
            Signal::Text("echo(2): again".into())
        ]
    );
    for outcome in &outcomes {
        assert_eq!(outcome.usage.input_tokens, 100);
        assert_eq!(outcome.usage.output_tokens, 20);
        assert_eq!(outcome.context_tokens, Some(100 + 7 + 50 + 20));
        assert_eq!(outcome.model.as_deref(), Some("claude-sonnet-5"));
        assert_eq!(outcome.version.as_deref(), Some("2.1.197"));
        assert_eq!(outcome.unsaid, None);
    }
}

#[test]
fn a_tool_loop_counts_the_last_call_as_context() {
    let (outcomes, signals) = capture!("tools-allowed");
    endings(&outcomes, &[Ending::Answered]);
    assert_eq!(outcomes[0].usage.input_tokens, 300);
    // The last call's output is known only as a placeholder there: no stream events were asked for.
    assert_eq!(outcomes[0].context_tokens, Some(100 + 7 + 50 + 1));
    let is_bash = |signal: &Signal| matches!(signal, Signal::Tool(call) if call.name == "Bash");
    assert!(signals.iter().any(is_bash));
}

#[test]
fn stream_events_count_the_last_call_in_full() {
    let (outcomes, _) = capture!("partial");
    assert_eq!(outcomes[0].context_tokens, Some(177));
    assert_eq!(outcomes[0].usage.output_tokens, 20);
}

#[test]
fn failures_are_told_apart() {
    let retry = |signal: &Signal| match signal {
        Signal::Retrying(retry) => (retry.attempt, retry.max_retries, retry.status),
        other => panic!("{other:?}"),
    };
    let (found, signals) = capture!("api-529");
    endings(&found, &[Ending::ApiDown { status: Some(529) }]);
    let retries: Vec<_> = signals.iter().map(retry).collect();
    assert_eq!(retries, [(1, 2, Some(529)), (2, 2, Some(529))]);
    let (found, _) = capture!("api-401");
    endings(&found, &[Ending::LoginExpired, Ending::Answered]);
    let (found, _) = capture!("api-400");
    let detail = "API Error: 400 scripted status 400".to_owned();
    endings(
        &found,
        &[Ending::ApiRefused {
            status: Some(400),
            detail,
        }],
    );
    let (found, _) = capture!("resume-missing");
    endings(&found, &[Ending::SessionMissing]);
    let (found, _) = capture!("max-turns");
    endings(&found, &[Ending::TooManySteps]);
    let (found, _) = capture!("budget");
    endings(&found, &[Ending::BudgetSpent, Ending::BudgetSpent]);
    let (found, _) = capture!("interrupt");
    endings(&found, &[Ending::Interrupted, Ending::Answered]);
}

#[test]
fn a_denied_tool_is_named() {
    let (outcomes, _) = capture!("tool-denied");
    endings(&outcomes, &[Ending::Answered]);
    let denied: Vec<_> = outcomes[0].result.denied_tools().collect();
    assert_eq!(denied, ["Bash"]);
}

pub(super) fn result(line: &str) -> Outcome {
    let mut signals = Turn::new().apply(&event(line));
    let Some(Signal::Ended(outcome)) = signals.pop() else {
        panic!("not an end: {signals:?}")
    };
    *outcome
}

#[test]
fn an_answer_in_the_result_alone_is_kept() {
    let outcome = result(r#"{"type":"result","subtype":"success","result":"only here"}"#);
    assert_eq!(outcome.ending, Ending::Answered);
    assert_eq!(outcome.unsaid.as_deref(), Some("only here"));
    assert_eq!(
        result(r#"{"type":"result","subtype":"success","result":""}"#).ending,
        Ending::Silent
    );
}

#[test]
fn the_message_decides_if_no_field_does() {
    #[track_caller]
    fn check(fields: &str, expected: &Ending) {
        let line = format!(r#"{{"type":"result","is_error":true,{fields}}}"#);
        assert_eq!(result(&line).ending, *expected, "{line}");
    }
    let refused = r#""subtype":"success","result":"#;
    check(
        &format!(r#"{refused}"Not logged in · Please run /login""#),
        &Ending::LoginExpired,
    );
    check(
        &format!(r#"{refused}"Prompt is too long""#),
        &Ending::ConversationTooLong,
    );
    check(
        r#""subtype":"success","terminal_reason":"prompt_too_long""#,
        &Ending::ConversationTooLong,
    );
    check(
        &format!(r#"{refused}"API Error: 404 model: nonsense","api_error_status":404"#),
        &Ending::ModelUnknown,
    );
    check(
        &format!(r#"{refused}"limit reached, resets 3pm","api_error_status":429"#),
        &Ending::UsageLimit {
            kind: None,
            resets_at: None,
            detail: "limit reached, resets 3pm".into(),
        },
    );
    check(
        r#""subtype":"error_during_execution","errors":["boom","bang"]"#,
        &Ending::Failed {
            detail: "boom\nbang".into(),
        },
    );
    check(r#""terminal_reason":"aborted_tools""#, &Ending::Interrupted);
}

#[test]
fn the_result_of_a_background_turn_ends_nothing() {
    let line = r#"{"type":"result","subtype":"success","result":"bg","origin":{"kind":"task-notification"}}"#;
    assert!(Turn::new().apply(&event(line)).is_empty());
    let SessionEvent::Result(result) = event(line) else {
        panic!("{line}")
    };
    let outcome = Turn::new().outcome(&result);
    assert_eq!(
        (outcome.ending, outcome.unsaid.as_deref()),
        (Ending::Answered, Some("bg"))
    );
}
