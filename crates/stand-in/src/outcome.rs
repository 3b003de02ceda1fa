//! How a turn ended, and the `result` line that says so.
//!
//! Pure. Four shapes were recorded: an answer, a failure of the API (a "success" that is an
//! error), an error with a list of `errors`, and the refusal to resume.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::emit::usage_value;
use crate::pricing::{Books, Usage, dollars_value};
use crate::settings::Version;

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    /// With an answer: its last text block.
    Answered(String),
    /// The API refused.
    ApiFailure(ApiFailure),
    /// The host interrupted it, while a tool ran or while an answer was written.
    Interrupted {
        /// Whether a tool was running.
        in_tool: bool,
    },
    /// It took more API calls than `--max-turns` allows.
    MaxTurns(u32),
    /// The process spent more US dollars than `--max-budget-usd` allows.
    Budget(f64),
    /// Without a `result` line.
    Silent,
}

/// A refusal of the API.
#[derive(Debug, PartialEq)]
pub(crate) struct ApiFailure {
    /// HTTP status.
    pub(crate) status: u16,
    /// The words of the CLI for it.
    pub(crate) text: String,
    /// The `terminal_reason`, where it is a special one.
    pub(crate) reason: Option<&'static str>,
}

impl ApiFailure {
    /// The failure that an API answer of `status` with `message` makes.
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

    /// The failure of a conversation that the model's context does not hold.
    pub(crate) fn too_long() -> Self {
        Self {
            status: 400,
            text: "Prompt is too long".to_owned(),
            reason: Some("prompt_too_long"),
        }
    }

    /// The `error` of the assistant message that tells of it.
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
    /// Whether the process would exit 1 if nothing followed.
    pub(crate) fn is_error(&self) -> bool {
        !matches!(self, Self::Answered(_) | Self::Silent)
    }
}

/// What a turn has used so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// API calls that were answered.
    pub(crate) calls: u32,
    /// What they used.
    pub(crate) usage: Usage,
    /// The tool calls that were refused.
    pub(crate) denials: Vec<Value>,
    /// From the start of the turn to the first piece of an answer.
    pub(crate) first_piece: Option<Duration>,
    /// Whether the last call asked for a tool.
    pub(crate) wants_tool: bool,
}

/// What a `result` tells of the process.
pub(crate) struct Process<'a> {
    pub(crate) session_id: Uuid,
    pub(crate) version: Version,
    pub(crate) books: &'a Books,
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
        Ending::Answered(_) | Ending::ApiFailure(_) => ("success", None),
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
        _ => None,
    };
    put("stop_reason", stop_reason(ending, tally));
    put("session_id", json!(process.session_id.to_string()));
    put("total_cost_usd", dollars_value(process.books.total_nanos()));
    let usage = match ending {
        // As recorded: the call that crossed the limit is in the total only.
        Ending::Budget(_) => Usage::default(),
        _ => tally.usage,
    };
    put("usage", usage_value(&usage));
    put("modelUsage", process.books.model_usage());
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
        Ending::Interrupted { in_tool: false } => Value::Null,
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
        Ending::Interrupted { in_tool: true } => Some("aborted_tools"),
        Ending::Interrupted { in_tool: false } => Some("aborted_streaming"),
        Ending::MaxTurns(_) => Some("max_turns"),
        Ending::Budget(_) => version.has(204).then_some("budget_exhausted"),
        Ending::Answered(_) | Ending::Silent => Some("completed"),
    }
}

/// The words for a session that cannot be resumed, on stderr and in the `result`.
pub(crate) fn not_found(id: Uuid) -> String {
    format!("No conversation found with session ID: {id}")
}

/// The `result` for a session that cannot be resumed.
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
