//! What the CLI says about itself, beside the conversation.

use super::{json::Json, result::session_id};

/// `system/init`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Init {
    /// The session that the process serves.
    pub session_id: Option<String>,
    /// The model of this turn, in full (`claude-sonnet-5`).
    pub model: Option<String>,
    /// The CLI's version, such as `2.1.197`.
    pub version: Option<String>,
    /// When the CLI asks for permissions.
    pub permission_mode: Option<String>,
    /// The tools that the model has.
    pub tools: Vec<String>,
    /// The MCP servers: objects with `name` and `status`.
    pub mcp_servers: Vec<Json>,
    /// What this CLI can do beyond older ones.
    pub capabilities: Vec<String>,
    /// The folder that it works in.
    pub cwd: Option<String>,
    /// The user messages that the turn answers, on CLIs that say so (2.1.329).
    pub user_message_uuids: Vec<String>,
}

/// `system/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// `compacting`, `requesting`, or none of them.
    pub status: Option<String>,
    /// The new permission mode, if that has changed.
    pub permission_mode: Option<String>,
    /// Why the conversation could not be compacted.
    pub compact_error: Option<String>,
}

/// `system/compact_boundary`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactBoundary {
    /// `manual` or `auto`.
    pub trigger: Option<String>,
    /// Tokens in the context before.
    pub pre_tokens: Option<u64>,
    /// Tokens in the context now, on CLIs that say so.
    pub post_tokens: Option<u64>,
}

/// `system/api_retry`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApiRetry {
    /// Which try this is, from 1.
    pub attempt: u64,
    /// How many there will be.
    pub max_retries: u64,
    /// HTTP status that caused it, if there was one.
    pub status: Option<u16>,
    /// The kind of failure: `overloaded`, `authentication_failed`, ...
    pub error: Option<String>,
    /// How long the CLI waits, in milliseconds.
    pub delay_ms: Option<f64>,
}

/// `rate_limit_event`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimit {
    /// `allowed`, `allowed_warning` or `rejected`.
    pub status: String,
    /// The limit that it is about: `five_hour`, `seven_day`, ...
    pub kind: Option<String>,
    /// When the limit starts over, in seconds since 1970.
    pub resets_at: Option<u64>,
    /// How much of it is used, from 0 to 1; older CLIs (2.1.197) only say so with a warning.
    pub utilization: Option<f64>,
    /// Whether use beyond the plan is allowed, with the same words as `status`.
    pub overage_status: Option<String>,
    /// Whether the plan is exceeded.
    pub is_using_overage: bool,
    /// All limits by kind, on CLIs that list them (2.1.329).
    pub windows: Vec<RateLimitWindow>,
}

/// One of several limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimitWindow {
    /// `five_hour`, `seven_day`, ...
    pub kind: String,
    /// As in [`RateLimit`].
    pub status: String,
    /// As in [`RateLimit`].
    pub utilization: Option<f64>,
    /// As in [`RateLimit`].
    pub resets_at: Option<u64>,
}

/// `tool_progress`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolProgress {
    /// The call that runs.
    pub tool_use_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// How long it has run.
    pub elapsed_seconds: f64,
    /// Whether this is a mere sign of life.
    pub is_heartbeat: bool,
}

/// `command_lifecycle`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLifecycle {
    /// The user message.
    pub command_uuid: String,
    /// `queued`, `started`, `completed`, `cancelled` or `discarded`.
    pub state: String,
}

/// `system/permission_denied`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionDenied {
    /// The tool's name.
    pub tool_name: String,
    /// The call.
    pub tool_use_id: String,
    /// What the model reads.
    pub message: String,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// Words of the CLI's for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// `info`, `notice`, `suggestion`, `warning` or a priority, if the CLI gives one.
    pub level: Option<String>,
}

impl Init {
    pub(super) fn read(value: &Json) -> Self {
        let [
            model,
            version,
            mode,
            tools,
            servers,
            capabilities,
            cwd,
            answers,
        ] = value.pick([
            "model",
            "claude_code_version",
            "permissionMode",
            "tools",
            "mcp_servers",
            "capabilities",
            "cwd",
            "user_message_uuids",
        ]);
        Self {
            session_id: session_id(value),
            model: model.text(),
            version: version.text(),
            permission_mode: mode.text(),
            tools: tools.texts(),
            mcp_servers: servers.entries().unwrap_or_default(),
            capabilities: capabilities.texts(),
            cwd: cwd.text(),
            user_message_uuids: answers.texts(),
        }
    }
}

impl Status {
    pub(super) fn read(value: &Json) -> Self {
        let [status, mode, error] = value.pick(["status", "permissionMode", "compact_error"]);
        Self {
            status: status.text(),
            permission_mode: mode.text(),
            compact_error: error.text(),
        }
    }

    /// Whether the conversation is being summarized, during which the CLI says nothing.
    #[must_use]
    pub fn is_compacting(&self) -> bool {
        self.status.as_deref() == Some("compacting")
    }
}

impl CompactBoundary {
    pub(super) fn read(value: &Json) -> Self {
        let [trigger, pre, post] =
            value
                .get("compact_metadata")
                .pick(["trigger", "pre_tokens", "post_tokens"]);
        Self {
            trigger: trigger.text(),
            pre_tokens: pre.u64(),
            post_tokens: post.u64(),
        }
    }
}

impl ApiRetry {
    pub(super) fn read(value: &Json) -> Self {
        let [attempt, max, status, error, delay] = value.pick([
            "attempt",
            "max_retries",
            "error_status",
            "error",
            "retry_delay_ms",
        ]);
        Self {
            attempt: attempt.count(),
            max_retries: max.count(),
            status: status.status(),
            error: error.text(),
            delay_ms: delay.amount(),
        }
    }
}

impl RateLimit {
    pub(super) fn read(value: &Json) -> Self {
        let [
            status,
            kind,
            resets_at,
            utilization,
            overage,
            is_overage,
            windows,
        ] = value.get("rate_limit_info").pick([
            "status",
            "rateLimitType",
            "resetsAt",
            "utilization",
            "overageStatus",
            "isUsingOverage",
            "unifiedWindows",
        ]);
        let windows = windows.members().into_iter();
        Self {
            status: status.text().unwrap_or_default(),
            kind: kind.text(),
            resets_at: resets_at.u64(),
            utilization: utilization.amount(),
            overage_status: overage.text(),
            is_using_overage: is_overage.bool().unwrap_or(false),
            windows: windows
                .map(|(kind, window)| RateLimitWindow::read(kind, &window))
                .collect(),
        }
    }
}

impl RateLimitWindow {
    fn read(kind: String, value: &Json) -> Self {
        let [status, utilization, resets_at] = value.pick(["status", "utilization", "resetsAt"]);
        Self {
            kind,
            status: status.text().unwrap_or_default(),
            utilization: utilization.amount(),
            resets_at: resets_at.u64(),
        }
    }
}

impl ToolProgress {
    pub(super) fn read(value: &Json) -> Self {
        let [id, parent, name, elapsed, heartbeat] = value.pick([
            "tool_use_id",
            "parent_tool_use_id",
            "tool_name",
            "elapsed_time_seconds",
            "heartbeat",
        ]);
        let is_heartbeat = heartbeat.bool().unwrap_or(false);
        // A heartbeat has an id of its own; the call is its parent.
        let call = if is_heartbeat { parent } else { id };
        Self {
            tool_use_id: call.text().unwrap_or_default(),
            tool_name: name.text().unwrap_or_default(),
            elapsed_seconds: elapsed.amount().unwrap_or(0.0),
            is_heartbeat,
        }
    }
}

impl CommandLifecycle {
    pub(super) fn read(value: &Json) -> Self {
        let [uuid, state] = value.pick(["command_uuid", "state"]);
        Self {
            command_uuid: uuid.text().unwrap_or_default(),
            state: state.text().unwrap_or_default(),
        }
    }
}

impl PermissionDenied {
    pub(super) fn read(value: &Json) -> Self {
        let [name, id, message, reason] =
            value.pick(["tool_name", "tool_use_id", "message", "decision_reason"]);
        Self {
            tool_name: name.text().unwrap_or_default(),
            tool_use_id: id.text().unwrap_or_default(),
            message: message.text().unwrap_or_default(),
            reason: reason.text(),
        }
    }
}

impl Notice {
    pub(super) fn read(value: &Json) -> Self {
        let [content, text, level, priority] = value.pick(["content", "text", "level", "priority"]);
        Self {
            text: content.text().or_else(|| text.text()).unwrap_or_default(),
            level: level.text().or_else(|| priority.text()),
        }
    }
}
