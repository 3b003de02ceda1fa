//! One line of the CLI's stdout as an event.

use bytes::Bytes;

use super::{
    control_request::ControlRequest,
    control_response::ControlResponse,
    json::Json,
    message::{Assistant, User},
    result::TurnResult,
    status::{
        ApiRetry, CommandLifecycle, CompactBoundary, Init, Notice, PermissionDenied, RateLimit,
        Status, ToolProgress,
    },
    stream::StreamEvent,
    task::TaskEvent,
};

/// What one line of stdout is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A message of the protocol.
    Event(SessionEvent),
    /// White space.
    Blank,
    /// Not a JSON object. Banners and debug output occur between messages.
    Noise,
}

/// A message from the CLI.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionEvent {
    /// `system/init`: sent at the start of every turn.
    Init(Box<Init>),
    /// `assistant`: finished content blocks.
    Assistant(Box<Assistant>),
    /// `user`: tool results, or repeated user messages.
    User(User),
    /// `stream_event`: a piece of a message while it is written.
    Stream(StreamEvent),
    /// `result`: the end of a turn.
    Result(Box<TurnResult>),
    /// `control_request`: the CLI asks and waits for the answer.
    ControlRequest(ControlRequest),
    /// `control_cancel_request`: the CLI withdraws this request. Do not answer it.
    ControlCancel { request_id: String },
    /// `control_response`: the answer to one of the host's control requests.
    ControlResponse(ControlResponse),
    /// `system/status`: what the CLI is about to do, and changes of the permission mode.
    Status(Status),
    /// `system/compact_boundary`: the conversation was compacted.
    Compacted(CompactBoundary),
    /// `system/api_retry`: a call to the API failed and is repeated.
    ApiRetry(ApiRetry),
    /// `system/task_*`: background tasks and subagents.
    Task(TaskEvent),
    /// `rate_limit_event`: the limits of a claude.ai plan.
    RateLimit(Box<RateLimit>),
    /// `tool_progress`: a tool is still running (2.1.329: every 30 s).
    ToolProgress(ToolProgress),
    /// `command_lifecycle`: the state of a user message that has a `uuid` (2.1.329).
    CommandLifecycle(CommandLifecycle),
    /// `system/session_state_changed`: `running`, `requires_action` or `idle`. Only with
    /// `CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS=1`.
    StateChanged { state: String },
    /// `system/permission_denied`: a tool call was denied without asking the host.
    PermissionDenied(PermissionDenied),
    /// `system/thinking_tokens`: an estimate of the thinking so far.
    ThinkingTokens {
        /// Tokens of this block of thinking.
        estimated: u64,
    },
    /// `system/informational`, `notification` and `local_command_output`: a message to a person.
    Notice(Notice),
    /// `system/session_title_changed`.
    TitleChanged { title: String },
    /// Irrelevant to hosts, or unknown to this crate (see [`SessionEvent::is_unknown`]). See the raw line.
    Other {
        kind: String,
        /// Its `subtype`; empty if it has none.
        subtype: String,
    },
}

/// Reads one line of stdout, without its newline. The event shares the line's memory.
pub fn parse(line: &Bytes) -> Line {
    let text = line.trim_ascii();
    if text.is_empty() {
        return Line::Blank;
    }
    let value = text
        .starts_with(b"{")
        .then(|| Json::parse(line.slice_ref(text)));
    match value.flatten() {
        Some(value) => Line::Event(SessionEvent::read(&value)),
        None => Line::Noise,
    }
}

/// Known messages that hold nothing a host needs: types, and subtypes of `system`.
const IGNORED: &[&str] = &[
    "auth_status",
    "commands_changed",
    "control_request_progress",
    "elicitation_complete",
    "files_persisted",
    "hook_progress",
    "hook_response",
    "hook_started",
    "keep_alive",
    "memory_recall",
    "prompt_suggestion",
    "tool_use_summary",
    "transcript_mirror",
    "ui_invalidate",
];

impl SessionEvent {
    /// Whether this crate does not know the message.
    pub fn is_unknown(&self) -> bool {
        let Self::Other { kind, subtype } = self else {
            return false;
        };
        let name = if kind == "system" { subtype } else { kind };
        !IGNORED.contains(&name.as_str())
    }

    pub(super) fn read(value: &Json) -> Self {
        let [kind, subtype] = value.pick(["type", "subtype"]);
        let kind = kind.str().unwrap_or_default();
        let subtype = || subtype.read();
        match &*kind {
            "system" => Self::read_system(subtype(), value),
            "assistant" => Self::Assistant(Box::new(Assistant::read(value))),
            "user" => Self::User(value.read()),
            "stream_event" => Self::Stream(value.read()),
            "result" => Self::Result(Box::new(TurnResult::read(value))),
            "control_request" => Self::ControlRequest(ControlRequest::read(value)),
            "control_cancel_request" => Self::ControlCancel {
                request_id: value.get("request_id").read(),
            },
            "control_response" => Self::ControlResponse(ControlResponse::read(value)),
            "rate_limit_event" => Self::RateLimit(Box::new(value.get("rate_limit_info").read())),
            "tool_progress" => Self::ToolProgress(ToolProgress::read(value)),
            "command_lifecycle" => Self::CommandLifecycle(value.read()),
            _ => Self::Other {
                kind: kind.into_owned(),
                subtype: subtype(),
            },
        }
    }

    fn read_system(subtype: String, value: &Json) -> Self {
        match subtype.as_str() {
            "init" => Self::Init(Box::new(Init::read(value))),
            "status" => Self::Status(value.read()),
            "compact_boundary" => Self::Compacted(value.get("compact_metadata").read()),
            "api_retry" => Self::ApiRetry(value.read()),
            "session_state_changed" => Self::StateChanged {
                state: value.get("state").read(),
            },
            "permission_denied" => Self::PermissionDenied(value.read()),
            "session_title_changed" => Self::TitleChanged {
                title: value.get("title").read(),
            },
            "thinking_tokens" => Self::ThinkingTokens {
                estimated: value.get("estimated_tokens").read(),
            },
            "informational" | "notification" | "local_command_output" => {
                Self::Notice(Notice::read(value))
            }
            _ => TaskEvent::read(&subtype, value).map_or_else(
                || Self::Other {
                    kind: "system".into(),
                    subtype,
                },
                Self::Task,
            ),
        }
    }
}
