//! Lines for the CLI's stdin. Each is one JSON object without its newline.

use serde_json::{Value, json};
use uuid::Uuid;

/// The readiness check: the CLI answers it before any message is sent (measured: 0.4 s after the start).
#[must_use]
pub fn initialize(request_id: &str) -> String {
    control(
        request_id,
        &json!({ "subtype": "initialize", "hooks": null }),
    )
}

/// Ends the running turn; the process lives on.
#[must_use]
pub fn interrupt(request_id: &str) -> String {
    control(request_id, &json!({ "subtype": "interrupt" }))
}

/// Asks for the running cost total, which the next results count on from. Answered in some 10 ms without a
/// request to the API; with a claude.ai login the CLI asks for the plan's usage too.
#[must_use]
pub fn get_usage(request_id: &str) -> String {
    control(request_id, &json!({ "subtype": "get_usage" }))
}

/// Changes the model from the next turn on. The name is always sent: leaving it null hangs CLIs before 2.1.208.
#[must_use]
pub fn set_model(request_id: &str, model: &str) -> String {
    control(
        request_id,
        &json!({ "subtype": "set_model", "model": model }),
    )
}

/// Ends a task in the background. Acknowledged for an unknown one as well (2.1.197, 2.1.329).
#[must_use]
pub fn stop_task(request_id: &str, task_id: &str) -> String {
    control(
        request_id,
        &json!({ "subtype": "stop_task", "task_id": task_id }),
    )
}

/// Refuses a control request of the CLI's that the bot does not know: unanswered, it would block the turn.
#[must_use]
pub fn control_error(request_id: &str, error: &str) -> String {
    json!({
        "type": "control_response",
        "response": { "subtype": "error", "request_id": request_id, "error": error },
    })
    .to_string()
}

/// A person's message: the opening marker, the words as they are, the closing marker, each a text block of its
/// own, so that the words are never the last block, which the CLI would search for `@path` and `/command`.
#[must_use]
pub fn user_words(blocks: &[String]) -> String {
    let content: Vec<Value> = blocks
        .iter()
        .map(|text| json!({ "type": "text", "text": text }))
        .collect();
    user(&Value::Array(content))
}

/// A line that the CLI itself is to interpret, such as `/compact`. Never a person's words.
#[must_use]
pub fn user_text(text: &'static str) -> String {
    user(&Value::String(text.to_owned()))
}

fn user(content: &Value) -> String {
    json!({
        "type": "user",
        "message": { "role": "user", "content": content },
        "parent_tool_use_id": null,
        "session_id": "",
        "uuid": Uuid::new_v4().to_string(),
    })
    .to_string()
}

fn control(request_id: &str, request: &Value) -> String {
    json!({ "type": "control_request", "request_id": request_id, "request": request }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_no_newline_and_keep_the_words() {
        let words = "a\nb\u{2028}\"c\" @/etc/passwd /clear".to_owned();
        let line = user_words(&["open".into(), words.clone(), "close".into()]);
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"]["content"][1]["text"], Value::String(words));
    }

    #[test]
    fn control_lines_have_the_documented_envelope() {
        assert_eq!(
            interrupt("r1"),
            r#"{"type":"control_request","request_id":"r1","request":{"subtype":"interrupt"}}"#
        );
        assert_eq!(
            set_model("r2", "opus"),
            r#"{"type":"control_request","request_id":"r2","request":{"subtype":"set_model","model":"opus"}}"#
        );
        assert_eq!(
            control_error("r3", "no"),
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"r3","error":"no"}}"#
        );
    }
}
