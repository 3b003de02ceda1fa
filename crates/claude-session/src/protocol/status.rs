//! What the CLI reports about itself, outside of the conversation.

use super::{from_json::wire, json::Json, result::session_id};

wire! {
    /// `system/init`.
    pub struct Init {
        session_id: Option<String>,
        /// The full name of this turn's model (`claude-sonnet-5`).
        model: Option<String>,
        /// The CLI's version, such as `2.1.197`.
        version: Option<String> = "claude_code_version",
        permission_mode: Option<String> = "permissionMode",
        tools: Vec<String>,
        /// The agents that it knows, by name.
        agents: Vec<String>,
        /// The MCP servers: objects with `name` and `status`.
        mcp_servers: Vec<Json>,
        /// What this CLI can do that older ones cannot.
        capabilities: Vec<String>,
        cwd: Option<String>,
        /// The user messages that the turn answers, on CLIs that report them (2.1.329).
        user_message_uuids: Vec<String>,
    }

    /// `system/status`.
    pub struct Status {
        /// `compacting`, `requesting`, or none of them.
        status: Option<String>,
        /// The new permission mode, if it changed.
        permission_mode: Option<String> = "permissionMode",
        compact_error: Option<String>,
    }

    /// `system/compact_boundary`.
    pub struct CompactBoundary {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// Tokens in the context before.
        pre_tokens: Option<u64>,
        /// Tokens in the context now, on CLIs that report them.
        post_tokens: Option<u64>,
    }

    /// `system/api_retry`.
    pub struct ApiRetry {
        /// The number of this attempt, from 1.
        attempt: u64,
        max_retries: u64,
        /// The HTTP status that caused it, if there was one.
        status: Option<u16> = "error_status",
        /// The kind of failure: `overloaded`, `authentication_failed`, ...
        error: Option<String>,
        delay_ms: Option<f64> = "retry_delay_ms",
    }

    /// `rate_limit_event`.
    pub struct RateLimit {
        /// `allowed`, `allowed_warning` or `rejected`.
        status: String,
        /// Which limit it is: `five_hour`, `seven_day`, ...
        kind: Option<String> = "rateLimitType",
        /// When the limit resets, in seconds since 1970.
        resets_at: Option<u64> = "resetsAt",
        /// How much of it is used, from 0 to 1; older CLIs (2.1.197) report it with warnings only.
        utilization: Option<f64>,
        /// Whether use beyond the plan is allowed, in the same words as `status`.
        overage_status: Option<String> = "overageStatus",
        is_using_overage: bool = "isUsingOverage",
        /// All limits by kind, on CLIs that list them (2.1.329).
        windows: Vec<RateLimitWindow> = "unifiedWindows" => read_windows,
    }

    /// One of several limits; the fields are those of [`RateLimit`].
    pub struct RateLimitWindow {
        /// `five_hour`, `seven_day`, ...
        kind: String,
        /// `allowed`, `allowed_warning` or `rejected`.
        status: String,
        /// From 0 to 1.
        utilization: Option<f64>,
        /// In seconds since 1970.
        resets_at: Option<u64> = "resetsAt",
    }

    /// `tool_progress`.
    pub struct ToolProgress {
        tool_use_id: String,
        tool_name: String,
        elapsed_seconds: f64 = "elapsed_time_seconds",
        /// Whether this is a mere sign of life.
        is_heartbeat: bool = "heartbeat",
    }

    /// `command_lifecycle`.
    pub struct CommandLifecycle {
        command_uuid: String,
        /// `queued`, `started`, `completed`, `cancelled` or `discarded`.
        state: String,
    }

    /// `system/permission_denied`.
    pub struct PermissionDenied {
        tool_name: String,
        tool_use_id: String,
        /// What the model is told.
        message: String,
        reason: Option<String> = "decision_reason",
    }

    /// A message from the CLI to a person.
    pub struct Notice {
        text: String,
        /// `info`, `notice`, `suggestion`, `warning` or a priority, if the CLI gives one.
        level: Option<String>,
    }
}

impl Init {
    pub(super) fn read(value: &Json) -> Self {
        let session_id = session_id(value);
        Self {
            session_id,
            ..value.read()
        }
    }
}

impl Status {
    /// Whether the conversation is being summarized. The CLI prints nothing meanwhile.
    pub fn is_compacting(&self) -> bool {
        self.status.as_deref() == Some("compacting")
    }
}

fn read_windows(value: &Json) -> Vec<RateLimitWindow> {
    let windows = value.members().into_iter();
    windows
        .map(|(kind, window)| RateLimitWindow {
            kind,
            ..window.read()
        })
        .collect()
}

impl ToolProgress {
    pub(super) fn read(value: &Json) -> Self {
        let mut progress: Self = value.read();
        // A heartbeat has an id of its own; the call is its parent.
        if progress.is_heartbeat {
            progress.tool_use_id = value.get("parent_tool_use_id").read();
        }
        progress
    }
}

impl Notice {
    /// The members' names differ by the kind of notice.
    pub(super) fn read(value: &Json) -> Self {
        let [content, text, level, priority] = value.pick(["content", "text", "level", "priority"]);
        Self {
            text: content.text().unwrap_or_else(|| text.read()),
            level: level.text().or_else(|| priority.text()),
        }
    }
}
