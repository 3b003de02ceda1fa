//! Discord: the only room that knows serenity.
//!
//! [`access`], [`command`], [`reply`] and [`intake`] are pure. [`login`] asks who the bot is and who owns it,
//! [`gateway`] receives, [`outbox`] sends.

pub mod access;
pub mod command;
mod convert;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
pub mod intake;
pub mod login;
pub mod outbox;
pub mod reply;
mod slash;

pub use error::Fatal;
