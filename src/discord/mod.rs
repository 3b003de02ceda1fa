//! Discord: the adapter on the other side of the chat port, and the only module that knows serenity.
//!
//! `login` finds out who the bot is and who owns it. `gateway` receives events; `ingress` turns them into
//! [`ChatEvent`](crate::chat::ChatEvent)s, `backfill` fetches messages that were missed, `history` fetches single ones.
//! `reconciler` carries out [`ChatOp`](crate::chat::ChatOp)s, and `rest` makes every request. [`render`] turns
//! Markdown into messages and is pure.

mod backfill;
mod content;
mod context;
mod convert;
mod error;
mod form;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub(crate) mod gateway;
mod history;
mod ingress;
mod json;
pub(crate) mod login;
pub(crate) mod permission;
pub(crate) mod reconciler;
pub mod render;
mod rest;
pub mod session_start;
mod shard;
pub(crate) mod slash;
pub(crate) mod survey;

pub(crate) use error::Fatal;
pub(crate) use rest::{Failed, Rest};

#[cfg(test)]
mod tests;
