use super::*;
use crate::answer::Body;
use crate::request::Auth;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn request(messages: &Value) -> Request {
    let body = json!({ "messages": messages });
    Request {
        index: 0,
        headers: BTreeMap::new(),
        auth: Auth::None,
        body,
    }
}

/// The answer to a message, after these tool results.
fn answer(message: &str, results: &[&str]) -> Answer {
    let mut messages = vec![json!({ "role": "user", "content": message })];
    for result in results {
        messages.push(
            json!({ "role": "user", "content": [{ "type": "tool_result", "content": result }] }),
        );
    }
    directed(&request(&json!(messages)))
}

fn bash(command: &str) -> Answer {
    Answer::tool("Bash", json!({ "command": command }))
}

#[test]
fn the_default_is_a_numbered_echo() {
    assert_eq!(answer(" hi ", &[]), Answer::text("echo(1): hi"));
    let two = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }, { "role": "user", "content": "c" }]);
    assert_eq!(directed(&request(&two)), Answer::text("echo(2): c"));
    assert_eq!(directed(&request(&json!([]))), Answer::text("echo(0): "));
}

#[test]
fn a_tool_is_called_and_its_result_quoted() {
    let message = r#"[[tool Bash {"command":"env"}]]"#;
    assert_eq!(answer(message, &[]), bash("env"));
    assert_eq!(answer(message, &["A=1"]), Answer::text("tool said: A=1"));
}

#[test]
fn directives_after_a_tool_apply_to_the_next_call() {
    let message = r#"[[blocks a|b]] [[tool Bash {"command":"x"}]] [[tool Bash {"command":"y"}]] [[status 529]]"#;
    let first = vec![
        Block::Text("a".into()),
        Block::Text("b".into()),
        Block::Tool {
            name: "Bash".into(),
            input: json!({ "command": "x" }),
        },
    ];
    assert_eq!(answer(message, &[]), Answer::blocks(first));
    assert_eq!(answer(message, &["1"]), bash("y"));
    assert_eq!(
        answer(message, &["1", "2"]),
        Answer::refusal(529, "refused with 529")
    );
}

#[test]
fn the_last_usage_applies_to_later_calls() {
    let message = "[[tool A {}]] [[usage in=1]] [[tool B {}]] [[usage in=2]]";
    let empty = |name: &str| Answer::tool(name, json!({}));
    assert_eq!(answer(message, &[]), empty("A").billed(Usage::of(1, 0)));
    assert_eq!(answer(message, &["x"]), empty("B").billed(Usage::of(2, 0)));
    assert_eq!(
        answer(message, &["x", "y"]),
        Answer::text("tool said: y").billed(Usage::of(2, 0))
    );
}

#[test]
fn delays_and_stalls_are_applied() {
    assert_eq!(
        answer("[[sleep 4]] a", &[]),
        Answer::text("echo(1): a").after(Duration::from_secs(4))
    );
    assert_eq!(
        answer("[[stall 2]] a", &[]),
        Answer::text("echo(1): a").stalled_after(2)
    );
    assert_eq!(
        answer("a [[slow 20]]", &[]),
        Answer::text("echo(1): a").paced(20, SLOW)
    );
}

#[test]
fn an_invalid_directive_is_refused_with_the_reason() {
    let Body::Refusal {
        status: 400,
        message,
        ..
    } = answer("[[slow]]", &[]).body
    else {
        panic!("not refused with 400");
    };
    assert!(message.contains("[[slow]]"), "{message}");
}

#[test]
fn a_request_for_a_summary_gets_one() {
    let message = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.";
    let Body::Message(message) = answer(message, &[]).body else {
        panic!("refused");
    };
    assert!(matches!(&message.blocks[..], [Block::Text(text)] if text.contains("<summary>")));
}

#[test]
fn a_quote_is_truncated() {
    assert_eq!(truncated(&"ä".repeat(QUOTE + 1)), "ä".repeat(QUOTE));
    assert_eq!(truncated("ä"), "ä");
}

proptest! {
    #[test]
    fn a_long_text_has_its_length_and_closed_fences(characters in 0usize..4_000) {
        let text = long(characters);
        prop_assert_eq!(text.chars().count(), characters);
        prop_assert_eq!(text.matches("```").count() % 2, 0);
    }
}
