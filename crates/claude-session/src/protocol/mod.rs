//! The CLI's wire protocol, one JSON object a line in both directions, as values.
//!
//! Owns what a line means; knows nothing of processes, channels or Discord. Nothing here fails: a line that is
//! not understood is a value too ([`Line::Noise`], [`Event::Other`]), because the CLI adds types and fields with
//! every release.
//!
//! Source: the documentation of `claude -p --output-format stream-json` and runs of CLI 2.1.197 and 2.1.329,
//! recorded in `tests/captures`.

mod event;
mod incoming;
mod outgoing;
mod raw;
mod task;

pub use event::{
    ApiRetry, Assistant, Block, ControlRequest, ControlResponse, Event, Init, Line, ModelUsage,
    StreamEvent, TurnResult, Usage,
};
pub use incoming::parse;
pub use outgoing::{
    control_error, get_usage, initialize, interrupt, set_model, stop_task, user_text, user_words,
};
pub use task::{Task, TaskEvent};
