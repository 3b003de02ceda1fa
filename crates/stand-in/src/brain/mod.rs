//! What the stand-in says when nobody scripts it: a small, friendly, deterministic partner for a
//! demo.
//!
//! Pure: [`think`] gets the words, the earlier ones and the results of its tool calls so far, and
//! says what to say or which tool to call next. It is honest: it says what it is at the start of
//! every session and whenever asked, and never claims to be Claude.

mod memory;
mod reply;
mod results;
mod texts;
mod topics;

pub(crate) use reply::{Ask, Piece};
pub(crate) use topics::think;
