//! `result`: the end of a turn.

use super::{
    json::Json,
    usage::{ModelUsage, Usage},
};

/// How many of a result's error texts are read.
const MAX_ERRORS: usize = 20;

/// `result`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnResult {
    /// The line's id.
    pub uuid: Option<String>,
    /// `success`, `error_during_execution`, `error_max_turns`, ... An API failure is `success` too.
    pub subtype: String,
    /// Whether the turn failed.
    pub is_error: bool,
    /// The last text block of the last message; `None` on errors that carry `errors` instead.
    pub result: Option<String>,
    /// What went wrong, on subtypes other than `success`.
    pub errors: Vec<String>,
    /// HTTP status of the API's refusal.
    pub api_error_status: Option<u16>,
    /// Why the turn ended: `completed`, `aborted_streaming`, `prompt_too_long`, ...
    pub terminal_reason: Option<String>,
    /// Why the last message ended.
    pub stop_reason: Option<String>,
    /// The session served.
    pub session_id: Option<String>,
    /// Running total of the process in US dollars; `None` if the CLI gave none.
    pub total_cost_usd: Option<f64>,
    /// What was spent since the last result, on CLIs that say so (2.1.329).
    pub cost_since_last_usd: Option<f64>,
    /// Tokens of this turn's main thread.
    pub usage: Usage,
    /// Running totals by model, helpers and subagents included.
    pub model_usage: Vec<ModelUsage>,
    /// Calls to the API.
    pub num_turns: u64,
    /// How long the turn took, in milliseconds.
    pub duration_ms: u64,
    /// How long its calls to the API took, in milliseconds.
    pub duration_api_ms: u64,
    /// Time to the first token, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// Calls of tools that were refused.
    pub permission_denials: Vec<PermissionDenial>,
    /// Why the turn ran if no user message started it: `task-notification` and the like.
    pub origin: Option<String>,
    /// The user messages that the turn answers, on CLIs that say so (2.1.329).
    pub user_message_uuids: Vec<String>,
}

/// A call of a tool that was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionDenial {
    /// The tool's name.
    pub tool_name: String,
    /// The call's id.
    pub tool_use_id: String,
    /// The tool's input.
    pub input: Json,
}

impl TurnResult {
    pub(super) fn read(value: &Json) -> Self {
        let [
            uuid,
            subtype,
            is_error,
            result,
            errors,
            api_status,
            terminal,
            stop,
        ] = value.pick([
            "uuid",
            "subtype",
            "is_error",
            "result",
            "errors",
            "api_error_status",
            "terminal_reason",
            "stop_reason",
        ]);
        let [
            cost,
            since_last,
            usage,
            model_usage,
            turns,
            duration,
            api_duration,
            ttft,
        ] = value.pick([
            "total_cost_usd",
            "model_usage_since_last_result",
            "usage",
            "modelUsage",
            "num_turns",
            "duration_ms",
            "duration_api_ms",
            "ttft_ms",
        ]);
        let [denials, origin, answers] =
            value.pick(["permission_denials", "origin", "user_message_uuids"]);
        let mut errors = errors.texts();
        errors.truncate(MAX_ERRORS);
        let denials = denials.entries().unwrap_or_default();
        Self {
            uuid: uuid.text(),
            subtype: subtype.text().unwrap_or_default(),
            is_error: is_error.bool().unwrap_or(false),
            result: result.text(),
            errors,
            api_error_status: api_status.status(),
            terminal_reason: terminal.text(),
            stop_reason: stop.text(),
            session_id: session_id(value),
            total_cost_usd: cost.amount(),
            cost_since_last_usd: total_cost(&since_last),
            usage: Usage::read(&usage),
            model_usage: ModelUsage::read_all(&model_usage),
            num_turns: turns.count(),
            duration_ms: duration.count(),
            duration_api_ms: api_duration.count(),
            ttft_ms: ttft.u64(),
            permission_denials: denials.iter().filter_map(PermissionDenial::read).collect(),
            origin: origin.get("kind").text().filter(|kind| kind != "human"),
            user_message_uuids: answers.texts(),
        }
    }

    /// Names of the tools that were refused.
    pub fn denied_tools(&self) -> impl Iterator<Item = &str> {
        let denials = self.permission_denials.iter();
        denials.map(|denial| denial.tool_name.as_str())
    }
}

impl PermissionDenial {
    fn read(value: &Json) -> Option<Self> {
        let [name, id, input] = value.pick(["tool_name", "tool_use_id", "tool_input"]);
        Some(Self {
            tool_name: name.text()?,
            tool_use_id: id.text().unwrap_or_default(),
            input,
        })
    }
}

fn total_cost(models: &Json) -> Option<f64> {
    if models.is_null() {
        return None;
    }
    let models = models.members().into_iter();
    Some(
        models
            .filter_map(|(_, usage)| usage.get("costUSD").amount())
            .sum(),
    )
}

/// The session id wherever a CLI has been seen to put it. One that starts with `pending_` is not yet an id.
pub(super) fn session_id(value: &Json) -> Option<String> {
    let here = |value: &Json| {
        let [snake, camel, conversation] = value.pick(["session_id", "sessionId", "conversation"]);
        [snake, camel, conversation.get("id")]
            .iter()
            .find_map(Json::text)
    };
    let nested = || {
        value
            .pick(["init", "system", "result", "metadata"])
            .iter()
            .find_map(here)
    };
    here(value)
        .or_else(nested)
        .filter(|id| !id.is_empty() && !id.starts_with("pending_"))
}
