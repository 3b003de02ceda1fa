//! Failures as 2.1.197 and 2.1.332 report them, and texts that are no answers.

use crate::{
    protocol::{ApiEvent, Delta, SessionEvent},
    turn::{
        Damage, Ending, Signal, Turn,
        tests::{event, result},
    },
};

/// A failed turn as CLIs report it: lines before the result, and the fields of the result.
#[track_caller]
fn fails(lines: &[&str], fields: &str, expected: &Ending) {
    let mut turn = Turn::new();
    for line in lines {
        let signals = turn.apply(&event(line));
        assert!(signals.is_empty(), "{line}");
    }
    let line = format!(
        r#"{{"type":"result","subtype":"success","is_error":true,"num_turns":1,{fields}}}"#
    );
    let Some(Signal::Ended(outcome)) = turn.apply(&event(&line)).pop() else {
        panic!("not an end: {line}")
    };
    assert_eq!(outcome.ending, *expected, "{line}");
    assert!(outcome.is_untouched && outcome.unsaid.is_none(), "{line}");
}

fn synthetic(error: &str, text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"type":"assistant","uuid":"s","message":{{"id":"a","model":"<synthetic>","content":[{{"type":"text","text":{text}}}]}},"error":"{error}"}}"#
    )
}

/// Each failure of the API as 2.1.197 and 2.1.332 report it, with a text that quotes other failures.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_failure_of_the_api_is_classified_on_both_versions() {
    const QUOTED: &str =
        "prompt is too long, resets 4pm (UTC), Please run /login, credit balance is too low";
    let limit = |rest: &str| {
        format!(r#"{{"type":"rate_limit_event","rate_limit_info":{{"status":"rejected"{rest}}}}}"#)
    };
    let five_hours = limit(r#","resetsAt":1795956891,"rateLimitType":"five_hour""#);
    let nameless = limit("");
    let check =
        |before: &[&str], error: &str, text: &str, old: &str, new: &str, expected: &Ending| {
            let said = synthetic(error, text);
            let lines: Vec<&str> = before.iter().copied().chain([said.as_str()]).collect();
            let text = serde_json::to_string(text).unwrap();
            for fields in [old, new] {
                fails(&lines, &format!(r#"{fields},"result":{text}"#), expected);
            }
        };
    let old = |status: u16| format!(r#""api_error_status":{status},"terminal_reason":"completed""#);
    let new = |status: u16, kind: &str| {
        format!(
            r#""api_error_status":{status},"terminal_reason":"api_error","api_error_type":"{kind}""#
        )
    };
    let down = |status| Ending::ApiDown {
        status: Some(status),
    };
    let refused = "invalid_request_error";
    let limited = |text: &str| Ending::UsageLimit {
        kind: Some("five_hour".into()),
        resets_at: Some(1_795_956_891),
        detail: text.into(),
    };
    check(
        &[],
        "server_error",
        QUOTED,
        &old(529),
        &new(529, "overloaded_error"),
        &down(529),
    );
    check(
        &[],
        "server_error",
        QUOTED,
        &old(500),
        &new(500, "api_error"),
        &down(500),
    );
    check(
        &[],
        "billing_error",
        "Credit balance is too low",
        &old(400),
        &new(400, refused),
        &Ending::Billing,
    );
    check(
        &[],
        "unknown",
        "API Error: 402 your billing",
        &old(402),
        &new(402, "billing_error"),
        &Ending::Billing,
    );
    check(
        &[],
        "authentication_failed",
        QUOTED,
        &old(403),
        &new(403, "permission_error"),
        &Ending::LoginExpired,
    );
    check(
        &[],
        "model_not_found",
        QUOTED,
        &old(404),
        &new(404, "not_found_error"),
        &Ending::ModelUnknown,
    );
    let busy = "API Error: Server is temporarily limiting requests (not your usage limit)";
    check(
        &[],
        "rate_limit",
        busy,
        &old(429),
        &new(429, "rate_limit_error"),
        &down(429),
    );
    let long =
        "API Error: Request rejected (429) · Extra usage is required for long context requests.";
    check(
        &[],
        "rate_limit",
        long,
        &old(429),
        &new(429, "rate_limit_error"),
        &Ending::LongContext,
    );
    let credits = format!(
        r#"{},"api_error":"long_context_credits_required""#,
        new(429, "rate_limit_error")
    );
    let text = "API Error: Usage credits required for 1M context";
    check(
        &[&nameless],
        "rate_limit",
        text,
        &old(429),
        &credits,
        &Ending::LongContext,
    );
    let reached = format!(
        r#"{},"api_error":"usage_limit_reached""#,
        new(429, "rate_limit_error")
    );
    let text = "You've hit your 5-hour limit";
    check(
        &[&five_hours],
        "rate_limit",
        text,
        &old(429),
        &reached,
        &limited(text),
    );
    for (text, damage) in [
        (
            "API Error: 400 messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
            Damage::Thinking,
        ),
        (
            "API Error: 400 messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.",
            Damage::Tools,
        ),
        (
            "API Error: 400 messages.0.content.1.image.source.base64: Could not process image",
            Damage::Media,
        ),
    ] {
        check(
            &[],
            "unknown",
            text,
            &old(400),
            &new(400, refused),
            &Ending::HistoryDamaged(damage),
        );
    }
    let text = "API Error: 400 due to tool use concurrency issues.";
    let mismatch = format!(
        r#"{},"api_error":"tool_history_mismatch""#,
        new(400, refused)
    );
    check(
        &[],
        "invalid_request",
        text,
        &old(400),
        &mismatch,
        &Ending::HistoryDamaged(Damage::Tools),
    );
    let reason = |reason: &str| format!(r#""api_error_status":400,"terminal_reason":"{reason}""#);
    let (image, long) = (reason("image_error"), reason("prompt_too_long"));
    check(
        &[],
        "invalid_request",
        QUOTED,
        &image,
        &image,
        &Ending::HistoryDamaged(Damage::Media),
    );
    check(
        &[],
        "invalid_request",
        QUOTED,
        &long,
        &long,
        &Ending::ConversationTooLong,
    );
}

#[test]
fn a_limit_that_was_lifted_decides_nothing() {
    let lines = [
        r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":5}}"#,
        r#"{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","resetsAt":5}}"#,
    ];
    let busy = Ending::ApiDown { status: Some(429) };
    fails(&lines, r#""api_error_status":429,"result":"busy""#, &busy);
}

#[test]
fn a_text_of_the_clis_own_is_no_answer() {
    let own = r#"{"type":"assistant","uuid":"s","message":{"id":"a","model":"<synthetic>","content":[{"type":"text","text":"No response requested."}]}}"#;
    let end =
        r#"{"type":"result","subtype":"success","result":"No response requested.","num_turns":1}"#;
    let mut turn = Turn::new();
    assert_eq!(turn.apply(&event(own)), []);
    let SessionEvent::Result(result) = event(end) else {
        panic!("a result")
    };
    assert!(turn.is_without_answer(&result));
    let Some(Signal::Ended(outcome)) = turn.apply(&event(end)).pop() else {
        panic!("no end")
    };
    assert_eq!((&outcome.ending, &outcome.unsaid), (&Ending::Silent, &None));
    assert_eq!(turn.assistant_uuid(), None);
}

#[test]
fn an_answer_that_shows_nothing_is_silence() {
    let blank = r#"{"type":"assistant","message":{"id":"a","model":"m","content":[{"type":"text","text":"\u200b\n \n\ufeff"}]}}"#;
    let mut turn = Turn::new();
    assert_eq!(turn.apply(&event(blank)), []);
    let end = r#"{"type":"result","subtype":"success","result":"\u200b\n \n\ufeff","num_turns":1}"#;
    let Some(Signal::Ended(outcome)) = turn.apply(&event(end)).pop() else {
        panic!("no end")
    };
    assert_eq!((outcome.ending, outcome.unsaid), (Ending::Silent, None));
}

#[test]
fn half_a_surrogate_pair_costs_one_character() {
    let words = |kind: &str| match kind {
        "line" => {
            r#"{"type":"assistant","message":{"id":"a","model":"m","content":[{"type":"text","text":"answer \ud83d end"}]}}"#
        }
        _ => r#"{"type":"result","subtype":"success","result":"answer \ud83d end"}"#,
    };
    let expected = Signal::Text("answer \u{fffd} end".into());
    assert_eq!(Turn::new().apply(&event(words("line"))), [expected]);
    assert_eq!(
        result(words("result")).unsaid.as_deref(),
        Some("answer \u{fffd} end")
    );
    let delta = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"answer \udc00"}}}"#;
    let SessionEvent::Stream(stream) = event(delta) else {
        panic!("a delta")
    };
    let ApiEvent::Delta {
        delta: Delta::Text(text),
        ..
    } = stream.event
    else {
        panic!("text")
    };
    assert_eq!(text.text().as_deref(), Some("answer \u{fffd}"));
}
