//! The answers to messages without directives, for the demo: deterministic, by topic.
//!
//! Pure: [`respond`] maps a message, the earlier ones and the results of the turn's tool calls so far to
//! a text or the next tool call. It says that it is a stand-in at the start of every session and
//! whenever asked, and never claims to be Claude.

mod memory;
mod reply;
mod results;
mod shows;
mod texts;
mod topics;

pub(crate) use reply::{Piece, Question};
pub(crate) use topics::respond;
