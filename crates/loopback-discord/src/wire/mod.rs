//! Discord's JSON: what the world looks like to a bot.
//!
//! Pure: it reads the world and writes payloads of API v10. It must not know who they are sent to.
//! Which fields a payload holds follows the Discord developer docs; which of them serenity 0.12.5
//! cannot do without was measured by leaving each out.

mod application;
mod interaction;
mod message;
mod place;

pub(crate) use application::{application, command, gateway_bot, ready};
pub(crate) use interaction::interaction;
pub(crate) use message::{dispatched, message, reaction, shown_anyway};
pub(crate) use place::{channel, guild, member, user};
