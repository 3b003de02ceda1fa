//! One actor per channel: its queue, its state machine, and the loop that obeys it.
//!
//! [`state`] decides and is pure: `handle(event, now) -> effects`. [`actor`] is the loop: it turns what happens into
//! events and carries out the effects. [`hub`] receives the chat's events, creates an actor on a channel's first message
//! and drops it when it is idle. [`messages`] is all that a person reads that Claude did not write.
//!
//! Nothing here knows Discord: the chat is on the other side of [`chat`](crate::chat), the CLI on the other side of
//! [`claude`](crate::claude).

pub mod actor;
mod admin_notice;
mod admission;
pub mod dedup;
pub mod hub;
pub mod intake;
pub mod messages;
mod process_slot;
mod request;
pub mod state;

pub use admin_notice::AdminNotice;
pub use admission::Admission;
pub use hub::{Hub, ShutdownStage};
pub use request::{Origin, QueueItem, Request, Source};
