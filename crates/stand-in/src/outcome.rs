//! How a turn ended, and its `result` line.
//!
//! Pure. Four formats were recorded: an answer, an API failure (a "success" that is an error), an error
//! with a list of `errors`, and a session that cannot be resumed.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::emit::usage_value;
use crate::pricing::{Usage, UsageByModel, dollars_value};
use crate::settings::Version;

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    /// With an answer: its last text block.
    Answered(String),
    /// The API failed.
    ApiFailure(ApiFailure),
    /// The host interrupted it, during a tool or during an answer.
    Interrupted {
        /// Whether a tool was running.
        in_tool: bool,
    },
    /// A message with the priority `now` cut it, after a tool or during an answer.
    Cut {
        /// Whether a tool had run.
        in_tool: bool,
    },
    /// It needed more API calls than `--max-turns` allows.
    MaxTurns(u32),
    /// The process spent more US dollars than `--max-budget-usd` allows.
    Budget(f64),
    /// Without a `result` line.
    Silent,
}

/// A failure of the API.
#[derive(Debug, PartialEq)]
pub(crate) struct ApiFailure {
    /// HTTP status.
    pub(crate) status: u16,
    /// The CLI's text for it.
    pub(crate) text: String,
    /// The `terminal_reason`, if it is a special one.
    pub(crate) reason: Option<&'static str>,
}

impl ApiFailure {
    /// The failure for an API response with this status and message.
    pub(crate) fn new(status: u16, message: &str) -> Self {
        let text = match status {
            401 | 403 => format!("Failed to authenticate. API Error: {status} {message}"),
            500.. => format!(
                "API Error: {status} {message}. This is a server-side issue, usually temporary — \
                 try again in a moment."
            ),
            _ => format!("API Error: {status} {message}"),
        };
        Self {
            status,
            text,
            reason: None,
        }
    }

    /// The failure of a conversation that exceeds the model's context.
    pub(crate) fn too_long() -> Self {
        Self {
            status: 400,
            text: "Prompt is too long".to_owned(),
            reason: Some("prompt_too_long"),
        }
    }

    /// The failure of a plan's usage limit.
    pub(crate) fn limited() -> Self {
        Self {
            status: 429,
            text: "You've hit your session limit".to_owned(),
            reason: None,
        }
    }

    /// The failure of a conversation whose history the API does not accept.
    pub(crate) fn damaged() -> Self {
        Self::new(
            400,
            "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be \
             modified.",
        )
    }

    /// The `error` of the assistant message that reports it.
    pub(crate) fn error(&self) -> &'static str {
        match self.status {
            _ if self.reason.is_some() => "invalid_request",
            401 | 403 => "authentication_failed",
            402 => "billing_error",
            404 => "model_not_found",
            429 => "rate_limit",
            500.. => "server_error",
            _ => "unknown",
        }
    }
}

/// The `error` of an `api_retry` line.
pub(crate) fn retry_error(status: u16) -> &'static str {
    match status {
        529 => "overloaded",
        _ => ApiFailure::new(status, "").error(),
    }
}

impl Ending {
    /// Whether the process exits with code 1 if this was the last turn.
    pub(crate) fn is_error(&self) -> bool {
        !matches!(self, Self::Answered(_) | Self::Silent | Self::Cut { .. })
    }
}

/// The counters of a turn so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many API calls were answered.
    pub(crate) calls: u32,
    /// Their usage.
    pub(crate) usage: Usage,
    /// The denied tool calls.
    pub(crate) denials: Vec<Value>,
    /// The time from the start of the turn to the first piece of an answer.
    pub(crate) first_piece: Option<Duration>,
    /// Whether the last call ended with a tool call.
    pub(crate) wants_tool: bool,
}

/// What a `result` reports about the process.
pub(crate) struct Process<'a> {
    pub(crate) session_id: Uuid,
    pub(crate) version: Version,
    pub(crate) usage_by_model: &'a UsageByModel,
    pub(crate) api_time: Duration,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The `result` of a turn that took `took`; `None` for a silent one.
pub(crate) fn result(
    ending: &Ending,
    tally: &Tally,
    took: Duration,
    process: &Process<'_>,
) -> Option<Value> {
    let (subtype, errors) = match ending {
        Ending::Silent => return None,
        Ending::Answered(_) | Ending::ApiFailure(_) | Ending::Cut { .. } => ("success", None),
        Ending::Interrupted { in_tool } => {
            let stop = if *in_tool { "tool_use" } else { "null" };
            let text = format!(
                "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason={stop}"
            );
            ("error_during_execution", Some(text))
        }
        Ending::MaxTurns(limit) => {
            let text = format!("Reached maximum number of turns ({limit})");
            ("error_max_turns", Some(text))
        }
        Ending::Budget(limit) => {
            let text = format!("Reached maximum budget (${limit})");
            ("error_max_budget_usd", Some(text))
        }
    };
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| line.insert(key.to_owned(), value);
    put("type", json!("result"));
    put("subtype", json!(subtype));
    put("is_error", json!(ending.is_error()));
    if errors.is_none() {
        put("api_error_status", api_status(ending));
    }
    put("duration_ms", json!(millis(took)));
    put("duration_api_ms", json!(millis(process.api_time)));
    if let Ending::Answered(_) = ending {
        let first = millis(tally.first_piece.unwrap_or(took));
        put("ttft_ms", json!(first));
        put("ttft_stream_ms", json!(first));
        put("time_to_request_ms", json!(0));
    }
    put("num_turns", json!(turns(ending, tally)));
    match ending {
        Ending::Answered(text) => put("result", json!(text)),
        Ending::ApiFailure(failure) => put("result", json!(failure.text)),
        Ending::Cut { .. } => put("result", json!("")),
        _ => None,
    };
    put("stop_reason", stop_reason(ending, tally));
    put("session_id", json!(process.session_id.to_string()));
    put(
        "total_cost_usd",
        dollars_value(process.usage_by_model.total_nanos()),
    );
    let usage = match ending {
        // As recorded: only the total includes the call that exceeded the limit.
        Ending::Budget(_) => Usage::default(),
        _ => tally.usage,
    };
    put("usage", usage_value(&usage));
    put("modelUsage", process.usage_by_model.model_usage());
    put("permission_denials", json!(tally.denials));
    if let Some(reason) = terminal_reason(ending, process.version) {
        put("terminal_reason", json!(reason));
    }
    put("fast_mode_state", json!("off"));
    put("uuid", json!(Uuid::new_v4().to_string()));
    if let Some(text) = errors {
        put("errors", json!([text]));
    }
    Some(Value::Object(line))
}

fn api_status(ending: &Ending) -> Value {
    match ending {
        Ending::ApiFailure(failure) => json!(failure.status),
        _ => Value::Null,
    }
}

fn turns(ending: &Ending, tally: &Tally) -> u32 {
    match ending {
        Ending::Interrupted { .. } => tally.calls + 2,
        Ending::ApiFailure(_) | Ending::MaxTurns(_) => tally.calls + 1,
        _ => tally.calls.max(1),
    }
}

fn stop_reason(ending: &Ending, tally: &Tally) -> Value {
    match ending {
        Ending::ApiFailure(_) => json!("stop_sequence"),
        Ending::Interrupted { in_tool: false } | Ending::Cut { in_tool: false } => Value::Null,
        _ if tally.wants_tool => json!("tool_use"),
        Ending::Answered(_) => json!("end_turn"),
        _ => Value::Null,
    }
}

fn terminal_reason(ending: &Ending, version: Version) -> Option<&'static str> {
    match ending {
        Ending::ApiFailure(failure) => Some(match failure.reason {
            Some(reason) => reason,
            None if version.has(204) => "api_error",
            None => "completed",
        }),
        Ending::Interrupted { in_tool: true } | Ending::Cut { in_tool: true } => {
            Some("aborted_tools")
        }
        Ending::Interrupted { in_tool: false } | Ending::Cut { in_tool: false } => {
            Some("aborted_streaming")
        }
        Ending::MaxTurns(_) => Some("max_turns"),
        Ending::Budget(_) => version.has(204).then_some("budget_exhausted"),
        Ending::Answered(_) | Ending::Silent => Some("completed"),
    }
}

/// The message for a missing session, on stderr and in the `result`.
pub(crate) fn not_found(id: Uuid) -> String {
    format!("No conversation found with session ID: {id}")
}

/// The `result` for a missing session.
pub(crate) fn not_found_result(id: Uuid) -> Value {
    json!({
        "type": "result",
        "subtype": "error_during_execution",
        "duration_ms": 0,
        "duration_api_ms": 0,
        "is_error": true,
        "num_turns": 0,
        "stop_reason": null,
        "session_id": id.to_string(),
        "total_cost_usd": 0,
        "usage": usage_value(&Usage::default()),
        "modelUsage": {},
        "permission_denials": [],
        "uuid": Uuid::new_v4().to_string(),
        "errors": [not_found(id)],
    })
}
