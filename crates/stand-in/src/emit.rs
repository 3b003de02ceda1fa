//! Lines of stdout in the formats of the CLI's messages.
//!
//! Each line is one JSON object and flushed. Keys and their order are those recorded from 2.1.197. It
//! does not know what a turn is.

use std::io::{self, Write};

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::pricing::Usage;

/// Stands for half a surrogate pair in texts.
pub(crate) const HALF_PAIR: char = '\u{e000}';

/// The tools that the stand-in has.
pub(crate) const TOOLS: [&str; 11] = [
    "Agent",
    "AskUserQuestion",
    "Bash",
    "Edit",
    "EnterPlanMode",
    "ExitPlanMode",
    "Glob",
    "Read",
    "TaskCreate",
    "TaskUpdate",
    "Write",
];

/// A new id in the CLI's format.
pub(crate) fn id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}

/// Tools that wait for a person. Without permission prompts nobody could answer.
const INTERACTIVE: [&str; 3] = ["AskUserQuestion", "EnterPlanMode", "ExitPlanMode"];

/// The tools without the disallowed ones.
pub(crate) fn tools_without(disallowed: &[String], asks_permission: bool) -> Vec<&'static str> {
    let allowed = |tool: &&str| {
        (asks_permission || !INTERACTIVE.contains(tool))
            && !disallowed.iter().any(|other| other == tool)
    };
    TOOLS.into_iter().filter(allowed).collect()
}

pub(crate) fn uuid() -> String {
    Uuid::new_v4().to_string()
}

fn timestamp() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Writes the messages of one session.
pub(crate) struct Emitter<'a> {
    out: &'a mut dyn Write,
    session_id: String,
    /// The `uuid` of the last `assistant` line.
    pub(crate) last_uuid: String,
    /// The `uuid` of the last message in the session's transcript.
    pub(crate) leaf: Option<String>,
    /// Lines for the transcript.
    pub(crate) unwritten: Vec<Value>,
}

/// The variable fields of `system/init`.
pub(crate) struct Init<'a> {
    pub(crate) cwd: &'a str,
    pub(crate) model: &'a str,
    pub(crate) permission_mode: &'a str,
    pub(crate) tools: &'a [String],
    pub(crate) mcp_servers: &'a [Value],
    pub(crate) has_api_key: bool,
    pub(crate) version: String,
    pub(crate) has_capabilities: bool,
    pub(crate) config_dir: &'a str,
}

/// An assistant message, without its blocks.
pub(crate) struct Message<'a> {
    pub(crate) id: String,
    pub(crate) request_id: String,
    pub(crate) model: &'a str,
    pub(crate) usage: Usage,
}

impl Message<'_> {
    /// The message with these blocks. Output tokens are only counted once it is complete.
    fn with_content(&self, content: &Value) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {
                "input_tokens": self.usage.input,
                "cache_creation_input_tokens": self.usage.cache_creation,
                "cache_read_input_tokens": self.usage.cache_read,
                "output_tokens": 1,
            },
        })
    }
}

impl<'a> Emitter<'a> {
    /// An emitter that writes to `out`.
    pub(crate) fn new(out: &'a mut dyn Write, session_id: Uuid) -> Self {
        Self {
            out,
            session_id: session_id.to_string(),
            last_uuid: String::new(),
            leaf: None,
            unwritten: Vec::new(),
        }
    }

    /// Notes a message of the conversation for the transcript.
    pub(crate) fn note(&mut self, kind: &str, uuid: &str, message: &Value) {
        let parent = self.leaf.replace(uuid.to_owned());
        self.unwritten.push(json!({
            "parentUuid": parent,
            "isSidechain": false,
            "type": kind,
            "message": message,
            "uuid": uuid,
            "timestamp": timestamp(),
            "sessionId": self.session_id,
        }));
    }

    /// Writes raw bytes.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    /// Writes one message.
    pub(crate) fn line(&mut self, value: &Value) -> io::Result<()> {
        // Half a surrogate pair, which only an escape can express.
        let line = value.to_string().replace(HALF_PAIR, "\\ud83d");
        self.raw(format!("{line}\n").as_bytes())
    }

    /// `system/init`, at the start of every turn.
    pub(crate) fn init(&mut self, init: &Init<'_>) -> io::Result<()> {
        let mut value = json!({
            "type": "system",
            "subtype": "init",
            "cwd": init.cwd,
            "session_id": self.session_id,
            "tools": init.tools,
            "mcp_servers": init.mcp_servers,
            "model": init.model,
            "permissionMode": init.permission_mode,
            "slash_commands": [],
            "apiKeySource": if init.has_api_key { "ANTHROPIC_API_KEY" } else { "none" },
            "claude_code_version": init.version,
            "output_style": "default",
            "agents": ["stand-in"],
            "skills": [],
            "plugins": [],
            "analytics_disabled": true,
            "product_feedback_disabled": true,
            "uuid": uuid(),
            "memory_paths": {"auto": format!("{}/stand-in/memory/", init.config_dir)},
            "fast_mode_state": "off",
        });
        if init.has_capabilities {
            value["capabilities"] = json!(["interrupt_receipt_v1"]);
        }
        self.line(&value)
    }

    /// `system/status`.
    pub(crate) fn status(&mut self, status: Option<&str>, mode: Option<&str>) -> io::Result<()> {
        let mut value = json!({"type": "system", "subtype": "status", "status": status});
        if let Some(mode) = mode {
            value["permissionMode"] = mode.into();
        }
        value["uuid"] = uuid().into();
        value["session_id"] = self.session_id.clone().into();
        self.line(&value)
    }

    /// `system/thinking_tokens`: an estimate of the thinking so far.
    pub(crate) fn thinking_tokens(&mut self, tokens: u32) -> io::Result<()> {
        self.line(&json!({
            "type": "system",
            "subtype": "thinking_tokens",
            "estimated_tokens": tokens,
            "estimated_tokens_delta": tokens,
            "uuid": uuid(),
            "session_id": self.session_id,
        }))
    }

    /// `system/compact_boundary`: earlier messages were summarized.
    pub(crate) fn compact_boundary(&mut self, pre_tokens: u64) -> io::Result<()> {
        self.line(&json!({
            "type": "system",
            "subtype": "compact_boundary",
            "session_id": self.session_id,
            "uuid": uuid(),
            "compact_metadata": {"trigger": "manual", "pre_tokens": pre_tokens},
        }))
    }

    /// `system/api_retry`.
    pub(crate) fn api_retry(
        &mut self,
        attempt: u32,
        max_retries: u32,
        status: u16,
        error: &str,
    ) -> io::Result<()> {
        let delay = 500.0 * f64::from(2_u32.saturating_pow(attempt - 1));
        self.line(&json!({
            "type": "system",
            "subtype": "api_retry",
            "attempt": attempt,
            "max_retries": max_retries,
            "retry_delay_ms": delay,
            "error_status": status,
            "error": error,
            "session_id": self.session_id,
            "uuid": uuid(),
        }))
    }

    /// `command_lifecycle` of a user message with a uuid.
    pub(crate) fn lifecycle(&mut self, command: &str, state: &str) -> io::Result<()> {
        self.line(&json!({
            "type": "command_lifecycle",
            "command_uuid": command,
            "state": state,
            "uuid": uuid(),
            "session_id": self.session_id,
        }))
    }

    /// A user message that repeats the host's input.
    pub(crate) fn replay(&mut self, content: &Value, name: Option<&str>) -> io::Result<()> {
        self.line(&json!({
            "type": "user",
            "message": {"role": "user", "content": content},
            "session_id": self.session_id,
            "parent_tool_use_id": null,
            "uuid": name.map_or_else(uuid, str::to_owned),
            "timestamp": timestamp(),
            "isReplay": true,
        }))
    }

    /// The user message that marks an interruption.
    pub(crate) fn interruption(&mut self, text: &str) -> io::Result<()> {
        let (uuid, message) = (
            uuid(),
            json!({"role": "user", "content": [{"type": "text", "text": text}]}),
        );
        self.note("user", &uuid, &message);
        self.line(&json!({
            "type": "user",
            "message": message,
            "parent_tool_use_id": null,
            "session_id": self.session_id,
            "uuid": uuid,
            "timestamp": timestamp(),
        }))
    }

    /// The user message with a tool's result; `detail` is the `tool_use_result`.
    pub(crate) fn tool_result(
        &mut self,
        tool_use_id: &str,
        content: &str,
        is_error: bool,
        detail: &Value,
    ) -> io::Result<()> {
        let result = json!({
            "tool_use_id": tool_use_id,
            "type": "tool_result",
            "content": content,
            "is_error": is_error,
        });
        let (uuid, message) = (uuid(), json!({"role": "user", "content": [result]}));
        self.note("user", &uuid, &message);
        self.line(&json!({
            "type": "user",
            "message": message,
            "parent_tool_use_id": null,
            "session_id": self.session_id,
            "uuid": uuid,
            "timestamp": timestamp(),
            "tool_use_result": detail,
        }))
    }

    /// `assistant`: one block of a message.
    pub(crate) fn assistant(&mut self, message: &Message<'_>, block: &Value) -> io::Result<()> {
        let mut body = message.with_content(&json!([block]));
        body["context_management"] = Value::Null;
        self.last_uuid = uuid();
        let uuid = self.last_uuid.clone();
        self.note("assistant", &uuid, &body);
        self.line(&json!({
            "type": "assistant",
            "message": body,
            "parent_tool_use_id": null,
            "session_id": self.session_id,
            "uuid": uuid,
            "request_id": message.request_id,
        }))
    }

    /// `assistant` with the text for an API failure, which the CLI generates.
    pub(crate) fn synthetic(&mut self, text: &str, error: Option<&str>) -> io::Result<()> {
        let mut usage = usage_value(&Usage::default());
        for key in ["service_tier", "inference_geo", "iterations", "speed"] {
            usage[key] = Value::Null;
        }
        let mut line = json!({
            "type": "assistant",
            "message": {
                "id": uuid(),
                "container": null,
                "model": "<synthetic>",
                "role": "assistant",
                "stop_details": null,
                "stop_reason": "stop_sequence",
                "stop_sequence": "",
                "type": "message",
                "usage": usage,
                "content": [{"type": "text", "text": text}],
                "context_management": null,
            },
            "parent_tool_use_id": null,
            "session_id": self.session_id,
            "uuid": uuid(),
            "request_id": id("req"),
        });
        if let Some(error) = error {
            line["error"] = json!(error);
        }
        self.line(&line)
    }

    /// `rate_limit_event`: a plan's limit has refused the call until `resets_at`, in seconds since 1970.
    pub(crate) fn rate_limit(&mut self, resets_at: u64) -> io::Result<()> {
        self.line(&json!({
            "type": "rate_limit_event",
            "rate_limit_info": {
                "status": "rejected",
                "resetsAt": resets_at,
                "rateLimitType": "five_hour",
                "overageStatus": "rejected",
                "overageDisabledReason": "out_of_credits",
                "isUsingOverage": false,
            },
            "uuid": uuid(),
            "session_id": self.session_id,
        }))
    }

    /// The `stream_event` that starts a message.
    pub(crate) fn message_start(&mut self, message: &Message<'_>, ttft_ms: u64) -> io::Result<()> {
        let event = json!({"type": "message_start", "message": message.with_content(&json!([]))});
        let mut line = self.event(&event);
        line["ttft_ms"] = ttft_ms.into();
        self.line(&line)
    }

    /// Any other `stream_event`.
    pub(crate) fn stream_event(&mut self, event: &Value) -> io::Result<()> {
        let line = self.event(event);
        self.line(&line)
    }

    fn event(&self, event: &Value) -> Value {
        json!({
            "type": "stream_event",
            "event": event,
            "session_id": self.session_id,
            "parent_tool_use_id": null,
            "uuid": uuid(),
        })
    }
}

/// The `usage` of a `result`.
pub(crate) fn usage_value(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_creation,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "inference_geo": "",
        "iterations": [],
        "speed": "standard",
    })
}
