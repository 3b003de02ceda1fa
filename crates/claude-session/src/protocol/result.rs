//! `result`: the end of a turn.

use super::{
    FromJson as _,
    from_json::wire,
    json::Json,
    usage::{ModelUsage, Usage},
};

/// How many of a result's error texts are read.
const MAX_ERRORS: usize = 20;

wire! {
    /// `result`.
    pub struct TurnResult {
        uuid: Option<String>,
        /// `success`, `error_during_execution`, `error_max_turns`, ... An API failure is a `success` too.
        subtype: String,
        is_error: bool,
        /// The last text block of the last message; `None` on errors that carry `errors` instead.
        result: Option<String>,
        /// What went wrong, on subtypes other than `success`; at most 20 texts.
        errors: Vec<String> => |errors: &Json| errors.read::<Vec<_>>().into_iter().take(MAX_ERRORS).collect(),
        /// The HTTP status with which the API refused.
        api_error_status: Option<u16>,
        /// The CLI's own code for the failure, on CLIs that name one (2.1.332): `usage_limit_reached`, ...
        api_error: Option<String>,
        /// The API's type of error, on CLIs that name it (2.1.332): `rate_limit_error`, ...
        api_error_type: Option<String>,
        /// Why the turn ended: `completed`, `aborted_streaming`, `prompt_too_long`, ...
        terminal_reason: Option<String>,
        stop_reason: Option<String>,
        session_id: Option<String>,
        /// Running total of the process in US dollars; `None` if the CLI gave none.
        total_cost_usd: Option<f64>,
        /// The cost since the last result, on CLIs that report it (2.1.329).
        cost_since_last_usd: Option<f64> = "model_usage_since_last_result" => total_cost,
        /// Tokens of this turn's main thread.
        usage: Usage,
        /// Running totals by model, including those of helpers and subagents.
        model_usage: Vec<ModelUsage> = "modelUsage" => ModelUsage::read_all,
        /// Calls to the API.
        num_turns: u64,
        /// How long the turn took, in milliseconds.
        duration_ms: u64,
        /// How long its calls to the API took, in milliseconds.
        duration_api_ms: u64,
        /// Time to the first token, in milliseconds.
        ttft_ms: Option<u64>,
        permission_denials: Vec<PermissionDenial>,
        /// Why the turn ran if no user message started it: `task-notification` and the like.
        origin: Option<String> => |origin: &Json| origin.get("kind").text().filter(|kind| kind != "human"),
        /// The user messages that the turn answers, on CLIs that report them (2.1.329).
        user_message_uuids: Vec<String>,
    }

    /// A tool call that was denied.
    pub struct PermissionDenial {
        tool_name: String,
        tool_use_id: String,
        input: Json = "tool_input",
    }
}

impl TurnResult {
    pub(super) fn read(value: &Json) -> Self {
        let mut result: Self = value.read();
        let denials = &mut result.permission_denials;
        denials.retain(|denial| !denial.tool_name.is_empty());
        result.session_id = session_id(value);
        result
    }

    /// Names of the tools that were denied.
    pub fn denied_tools(&self) -> impl Iterator<Item = &str> {
        let denials = self.permission_denials.iter();
        denials.map(|denial| denial.tool_name.as_str())
    }
}

fn total_cost(models: &Json) -> Option<f64> {
    let cost = |(_, usage): (String, Json)| f64::from_json(&usage.get("costUSD"));
    (!models.is_null()).then(|| models.members().into_iter().filter_map(cost).sum())
}

/// The session id, from wherever CLIs put it. One that starts with `pending_` is not an id yet.
pub(super) fn session_id(value: &Json) -> Option<String> {
    let here = |value: &Json| {
        let [snake, camel, conversation] = value.pick(["session_id", "sessionId", "conversation"]);
        let places = [snake, camel, conversation.get("id")];
        places.iter().find_map(Json::text)
    };
    let nested = value.pick(["init", "system", "result", "metadata"]);
    here(value)
        .or_else(|| nested.iter().find_map(here))
        .filter(|id| !id.is_empty() && !id.starts_with("pending_"))
}
