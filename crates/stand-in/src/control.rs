//! The host's control requests.
//!
//! Pure: [`respond`] maps a request and the state of the session to a response and a change. Responses
//! were measured on 2.1.197 and 2.1.329, except the message for an unknown model (the real CLI asks the
//! API).

use serde_json::{Value, json};

use crate::content::person_part;
use crate::pricing::{self, Usage, UsageByModel};
use crate::settings::Version;

/// The modes for `set_permission_mode` (measured on 2.1.329).
const MODES: [&str; 6] = [
    "acceptEdits",
    "auto",
    "bypassPermissions",
    "default",
    "dontAsk",
    "plan",
];

/// A change to the session.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    /// The request changes nothing.
    None,
    /// Interrupt the running turn, if any.
    Interrupt,
    /// Stop this background task.
    StopTask(String),
    /// Use this model from the next turn on: the requested name, and the full one.
    Model { requested: String, full: String },
    /// The API was asked about this.
    Billed(String),
    /// Use this permission mode.
    Mode(String),
    /// Append this to the system prompt, or replace it.
    Prompt { text: String, append: bool },
}

/// The state of the session that responses depend on.
pub(crate) struct State<'a> {
    pub(crate) version: Version,
    pub(crate) model: &'a str,
    pub(crate) default_model: &'a str,
    pub(crate) has_api_key: bool,
    pub(crate) usage_by_model: &'a UsageByModel,
    pub(crate) context_tokens: u64,
    /// The uuids of the queued user messages.
    pub(crate) queued: Vec<String>,
}

/// The nested `response` to a request, without its id, and the change to the session.
pub(crate) fn respond(request: &Value, state: &State<'_>) -> (Value, Change) {
    let subtype = text(request, "subtype").unwrap_or_default();
    match subtype {
        "initialize" => (success(Some(initialize(state))), prompt(request)),
        "interrupt" => {
            let body = state
                .version
                .has(205)
                .then(|| json!({"still_queued": state.queued}));
            (success(body), Change::Interrupt)
        }
        "stop_task" => {
            let id = text(request, "task_id").unwrap_or_default().to_owned();
            (success(Some(json!({}))), Change::StopTask(id))
        }
        "set_model" => set_model(request, state),
        "set_permission_mode" => set_mode(request, state),
        "set_max_thinking_tokens" | "apply_flag_settings" => (success(None), Change::None),
        "get_context_usage" => (success(Some(context_usage(state))), Change::None),
        "get_session_cost" => (success(Some(session_cost(state))), Change::None),
        "get_usage" => {
            let total = pricing::dollars(state.usage_by_model.total_nanos());
            let body = json!({"session": {"total_cost_usd": total}});
            (success(Some(body)), Change::None)
        }
        "side_question" => {
            let question = person_part(text(request, "question").unwrap_or_default());
            let body = json!({"response": format!("on the side: {question}"), "synthetic": false});
            (success(Some(body)), Change::Billed(question.to_owned()))
        }
        "get_binary_version" => {
            let body = json!({"version": state.version.to_string()});
            (success(Some(body)), Change::None)
        }
        "mcp_status" => (success(Some(json!({"mcpServers": []}))), Change::None),
        _ => {
            let error = format!("Unsupported control request subtype: {subtype}");
            (failure(&error, "unsupported_request", state), Change::None)
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn success(body: Option<Value>) -> Value {
    match body {
        None => json!({"subtype": "success"}),
        Some(body) => json!({"subtype": "success", "response": body}),
    }
}

fn failure(error: &str, code: &str, state: &State<'_>) -> Value {
    if state.version.has(277) {
        json!({"subtype": "error", "error": error, "error_code": code})
    } else {
        json!({"subtype": "error", "error": error})
    }
}

fn prompt(request: &Value) -> Change {
    let whole = request.get("systemPrompt").and_then(Value::as_array);
    if let Some(parts) = whole {
        let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        return Change::Prompt {
            text: parts.join("\n\n"),
            append: false,
        };
    }
    match text(request, "appendSystemPrompt") {
        Some(more) => Change::Prompt {
            text: more.to_owned(),
            append: true,
        },
        None => Change::None,
    }
}

fn initialize(state: &State<'_>) -> Value {
    let names: &[&str] = if state.version.has(277) {
        &["default", "opus", "fable", "sonnet", "haiku"]
    } else {
        &["default", "opus[1m]", "sonnet", "haiku"]
    };
    let models: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "value": name,
                "resolvedModel": state.version.resolve_model(name),
                "displayName": format!("Stand-in ({name})"),
                "description": "No model: the scripted stand-in",
                "supportsEffort": false,
                "supportedEffortLevels": [],
                "supportsAdaptiveThinking": false,
                "supportsFastMode": false,
                "supportsAutoMode": false,
            })
        })
        .collect();
    let key = if state.has_api_key {
        "ANTHROPIC_API_KEY"
    } else {
        "none"
    };
    json!({
        "commands": [{"name": "context", "description": "Show the context's content", "argumentHint": ""}],
        "agents": [{"name": "stand-in", "description": "Scripted answers"}],
        "output_style": "default",
        "available_output_styles": ["default"],
        "models": models,
        "account": {"tokenSource": "none", "apiKeySource": key, "apiProvider": "firstParty"},
        "pid": std::process::id(),
    })
}

fn set_model(request: &Value, state: &State<'_>) -> (Value, Change) {
    let requested = match request.get("model") {
        None => state.default_model,
        Some(Value::String(name)) => name,
        Some(_) => {
            let error = "set_model: model must be a string";
            return (failure(error, "invalid_model", state), Change::None);
        }
    };
    if state.version.has(200) && !pricing::is_known(requested) {
        let error = format!("Model '{requested}' not found");
        return (failure(&error, "model_not_found", state), Change::None);
    }
    let full = state.version.resolve_model(requested);
    let body = state.version.has(277).then(|| json!({"model": full}));
    let requested = requested.to_owned();
    (success(body), Change::Model { requested, full })
}

fn set_mode(request: &Value, state: &State<'_>) -> (Value, Change) {
    let mode = text(request, "mode").unwrap_or_default();
    if state.version.has(214) && !MODES.contains(&mode) {
        let error = format!(
            "Cannot set permission mode: must be one of {}",
            MODES.join(", ")
        );
        return (failure(&error, "invalid_mode", state), Change::None);
    }
    let body = json!({ "mode": mode });
    (success(Some(body)), Change::Mode(mode.to_owned()))
}

fn context_usage(state: &State<'_>) -> Value {
    let window: u64 = 200_000;
    let used = state.context_tokens;
    json!({
        "categories": [
            {"name": "Messages", "tokens": used, "color": "promptBorder"},
            {"name": "Free space", "tokens": window.saturating_sub(used), "color": "inactive"},
        ],
        "totalTokens": used,
        "maxTokens": window,
        "rawMaxTokens": window,
        "percentage": used * 100 / window,
        "gridRows": [],
        "model": state.model,
        "memoryFiles": [],
        "mcpTools": [],
        "agents": [],
        "isAutoCompactEnabled": false,
        "apiUsage": null,
    })
}

fn session_cost(state: &State<'_>) -> Value {
    let Usage {
        input,
        cache_creation,
        cache_read,
        output,
    } = state.usage_by_model.total();
    let cost = pricing::dollars(state.usage_by_model.total_nanos());
    json!({"text": format!(
        "Total cost:            ${cost:.4}\n\
         Usage:                 {input} input, {output} output, {cache_read} cache read, \
         {cache_creation} cache write"
    )})
}

#[cfg(test)]
mod tests;
