//! The CLI's wire protocol, one JSON object a line in both directions, as values.
//!
//! [`parse`] reads a line of stdout; [`SessionRequest`] is a line for stdin. Nothing here fails: a line that is not
//! understood is a value too ([`Line::Noise`], [`SessionEvent::Other`]), because the CLI adds types and fields with
//! every release. A missing or odd field has its default.
//!
//! Source: the documentation of `claude -p --output-format stream-json` and runs of CLI 2.1.197, 2.1.329 and 2.1.332,
//! recorded in `tests/captures`.

#![expect(
    missing_docs,
    reason = "fields are documented where name and type do not say it all"
)]

mod control_request;
mod control_response;
mod event;
mod from_json;
mod json;
mod message;
mod request;
mod response;
mod result;
mod status;
mod stream;
mod task;
#[cfg(test)]
mod tests;
mod usage;

pub use control_request::{Choice, ControlRequest, PermissionRequest, Query, Question};
pub use control_response::{
    Account, Command, ContextCategory, ContextUsage, ControlResponse, Initialized, Model,
    UsageReport,
};
pub use event::{Line, SessionEvent, parse};
pub use from_json::FromJson;
pub use json::Json;
pub use message::{Assistant, Block, ToolResult, ToolUse, User, UserBlock};
pub use request::{
    Ask, Content, ContentBlock, Control, Effort, PermissionMode, Priority, SessionRequest, Source,
};
pub use response::{Decision, Response};
pub use result::{PermissionDenial, TurnResult};
pub use status::{
    ApiRetry, CommandLifecycle, CompactBoundary, Init, Notice, PermissionDenied, RateLimit,
    RateLimitWindow, Status, ToolProgress,
};
pub use stream::{ApiEvent, Delta, StreamEvent};
pub use task::{Task, TaskEvent, TaskNotification, TaskProgress, TaskUpdate};
pub use usage::{ModelUsage, TaskUsage, Usage};
