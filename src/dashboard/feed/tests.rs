use axum::body::Bytes;

use super::*;
use crate::{
    claude::protocol::{Line, parse},
    redact::Secret,
};

const SECRET: &str = "correct-horse-battery";

fn rules(shows_text: bool) -> Rules {
    let redactor = Redactor::new(&[Secret::new("a password", SECRET)]);
    Rules {
        shows_text,
        redactor: Arc::new(redactor),
    }
}

fn event(value: &Value) -> SessionEvent {
    match parse(&Bytes::from(value.to_string())) {
        Line::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn piece(event: &Value) -> Value {
    json!({ "type": "stream_event", "event": event, "parent_tool_use_id": null })
}

fn delta(text: &str) -> Value {
    piece(
        &json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
    )
}

fn result() -> Value {
    json!({ "type": "result", "subtype": "success", "is_error": false, "duration_ms": 5, "usage": { "output_tokens": 3 } })
}

fn call() -> Value {
    json!({ "type": "assistant", "message": { "content": [
        { "type": "tool_use", "id": "t1", "name": "Bash", "input": { "command": format!("echo {SECRET}") } },
    ] } })
}

/// What is heard of these lines.
fn heard(shows_text: bool, lines: &[Value]) -> Vec<(&'static str, Value)> {
    let (mut feed, rules) = (Feed::new(7), rules(shows_text));
    for line in lines {
        feed.hear(&event(line), Some("Ann"), &rules);
        feed.show_text(&rules);
    }
    let (events, is_missing, _) = feed.listen(None);
    assert!(!is_missing);
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, (7..).take(ids.len()).collect::<Vec<_>>());
    let shown = |event: &Arc<FeedEvent>| {
        (
            event.kind.name(),
            serde_json::from_str(&event.data).unwrap(),
        )
    };
    events.iter().map(shown).collect()
}

#[test]
fn a_turn_is_told_in_a_small_vocabulary() {
    let told = [
        json!({ "type": "system", "subtype": "init", "model": "m" }),
        delta("Hello "),
        delta("there"),
        json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": "Hello there" }] } }),
        json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": "whole" }] } }),
        call(),
        json!({ "type": "user", "message": { "content": [{ "type": "tool_result", "tool_use_id": "t1", "is_error": true }] } }),
        json!({ "type": "system", "subtype": "api_retry", "attempt": 2, "error": "overloaded", "error_status": 529 }),
        result(),
    ];
    let expected = [
        (
            "session",
            json!({ "state": "working", "model": "m", "person": "Ann" }),
        ),
        ("text", json!({ "text": "Hello " })),
        ("text", json!({ "text": "there" })),
        ("text", json!({ "text": "whole" })),
        (
            "tool",
            json!({ "id": "t1", "name": "Bash", "state": "running", "input": "{\"command\":\"echo [redacted]\"}" }),
        ),
        ("tool", json!({ "id": "t1", "state": "failed" })),
        (
            "error",
            json!({ "kind": "overloaded", "attempt": 2, "status": 529 }),
        ),
        (
            "result",
            json!({ "outcome": "success", "is_error": false, "duration_ms": 5, "output_tokens": 3 }),
        ),
    ];
    assert_eq!(heard(true, &told), expected);
}

#[test]
fn texts_are_only_counted_unless_they_are_wanted() {
    let told = heard(false, &[delta("Hello"), call()]);
    let expected = [
        ("text", json!({ "characters": 5 })),
        (
            "tool",
            json!({ "id": "t1", "name": "Bash", "state": "running" }),
        ),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_secret_in_pieces_is_not_told() {
    let (one, two) = SECRET.split_at(8);
    let told = heard(true, &[delta(one), delta(two), result()]);
    let texts: Vec<_> = told.iter().filter(|(kind, _)| *kind == "text").collect();
    assert_eq!(texts, [&("text", json!({ "text": "[redacted]" }))]);
}

#[test]
fn whoever_comes_back_is_told_what_is_missing() {
    let (mut feed, rules) = (Feed::new(100), rules(true));
    for _ in 0..2 * MOST_EVENTS {
        feed.hear(&event(&result()), None, &rules);
    }
    assert_eq!(feed.kept.len(), MOST_EVENTS);
    let newest = feed.last() - 1;
    let listen = |after| {
        let (events, is_missing, _) = feed.listen(after);
        (events.len(), is_missing)
    };
    assert_eq!(listen(Some(newest)), (0, false));
    assert_eq!(listen(Some(newest - 3)), (3, false));
    assert_eq!(listen(Some(100)), (MOST_EVENTS, true));
    // An id of the time before a restart.
    assert_eq!(listen(Some(3)), (MOST_EVENTS, true));
}

#[test]
fn large_events_are_bounded_too() {
    let (mut feed, rules) = (Feed::new(0), rules(true));
    for _ in 0..100 {
        feed.write(&"x".repeat(20_000));
        feed.end_text(&rules);
    }
    assert!(feed.bytes <= MOST_BYTES && feed.kept.len() > 1);
}

#[tokio::test]
async fn a_slow_listener_loses_events() {
    let (mut feed, rules) = (Feed::new(0), rules(true));
    let (_, _, mut events) = feed.listen(None);
    for _ in 0..=MOST_WAITING {
        feed.hear(&event(&result()), None, &rules);
    }
    let lost = events.recv().await.unwrap_err();
    assert_eq!(lost, broadcast::error::RecvError::Lagged(1));
    assert_eq!(events.recv().await.unwrap().id, 1);
}
