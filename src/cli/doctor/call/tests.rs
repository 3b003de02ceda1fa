use serde_json::{Value, json};

use super::*;
use crate::{
    claude::protocol::{Line, parse},
    cli::finding::Severity,
};

/// How a turn with this result is judged.
fn of(result: &Value) -> Finding {
    let mut turn = Turn::new();
    let events = [
        json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": "Yes" }] } }),
        result.clone(),
    ];
    let signals = events
        .iter()
        .flat_map(|event| match parse(&event.to_string().into()) {
            Line::Event(event) => turn.apply(&event),
            _ => Vec::new(),
        });
    let ended = signals.into_iter().find_map(|signal| match signal {
        Signal::Ended(outcome) => Some(outcome),
        _ => None,
    });
    judged(&Called::Ended(ended.unwrap()), "sonnet")
}

fn failure(status: u16, text: &str) -> Value {
    json!({ "type": "result", "subtype": "success", "is_error": true, "api_error_status": status, "result": text })
}

#[test]
fn an_answer_is_told_with_its_cost() {
    let found = of(
        &json!({ "type": "result", "subtype": "success", "result": "Yes", "total_cost_usd": 0.0021 }),
    );
    assert_eq!(
        found,
        Finding::ok("call", "sonnet answered; the call cost $0.0021")
    );
}

#[test]
fn each_failure_has_its_advice() {
    for (result, severity, what, mend) in [
        (
            failure(401, "no"),
            Severity::Error,
            "login has expired",
            "/login",
        ),
        (failure(402, "no"), Severity::Error, "no credit", "billing"),
        (
            failure(404, "model: x"),
            Severity::Error,
            "\"sonnet\"",
            "`model`",
        ),
        (
            failure(529, "busy"),
            Severity::Warning,
            "busy",
            "status.anthropic.com",
        ),
        (
            failure(418, "teapot"),
            Severity::Error,
            "teapot",
            "terminal",
        ),
    ] {
        let found = of(&result);
        assert_eq!(found.severity, severity, "{found:?}");
        assert!(
            found.what.contains(what) && found.mend.contains(mend),
            "{found:?}"
        );
    }
    let failed = judged(&Called::Failed("no answer in 60 s".into()), "sonnet");
    assert_eq!(failed.severity, Severity::Error);
}
