//! Discord: the adapter on the other side of the chat port, and the only room that knows serenity.
//!
//! [`login`] asks who the bot is and who owns it. [`gateway`] receives; `ingress` turns what came into
//! [`ChatEvent`](crate::chat::ChatEvent)s, `backfill` fetches what did not come, `history` fetches single messages.
//! [`reconciler`] carries out [`ChatOp`](crate::chat::ChatOp)s, and `rest` makes every request. [`render`] cuts Markdown
//! into messages and is pure.

mod backfill;
mod convert;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
mod history;
mod ingress;
mod json;
pub mod login;
pub mod reconciler;
pub mod render;
mod rest;
pub mod session_start;
mod slash;

pub use error::Fatal;
