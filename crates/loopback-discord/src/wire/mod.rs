//! Discord's JSON: how the world looks to a bot.
//!
//! Pure: it reads the world and writes payloads of API v10. It does not know who receives them.
//! The fields follow the Discord developer docs; those that serenity 0.12.5 requires were found by
//! leaving out one at a time.

mod application;
mod interaction;
mod message;
mod place;

pub(crate) use application::{application, command, gateway_bot, ready};
pub(crate) use interaction::interaction;
pub(crate) use message::{content_is_visible, emoji, message, message_event, reaction};
pub(crate) use place::{channel, deleted_thread, guild, member, thread_list_sync, typing, user};
