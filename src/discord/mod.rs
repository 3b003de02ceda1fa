//! Discord: the only room that knows serenity.
//!
//! [`access`], [`command`], [`reply`] and [`intake`] are pure. [`login`] asks who the bot is and who owns it,
//! [`gateway`] receives, `entrance` sorts out what came, `missed` asks for what did not, [`outbox`] decides what is sent, and `rest` sends it.

pub mod access;
pub mod again;
pub mod command;
mod convert;
mod entrance;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
pub mod intake;
pub mod login;
mod missed;
pub mod outbox;
mod parse;
pub mod reply;
mod rest;
pub mod session_start;
mod slash;

pub use error::Fatal;
