//! Discord's JSON: how the world looks to a bot.
//!
//! It reads the world, and the clock for what expires, and writes payloads of API v10. It does not know who receives
//! them.
//! The fields follow the Discord developer docs; those that serenity 0.12.5 requires were found by
//! leaving out one at a time.

mod application;
mod attachment;
mod interaction;
mod message;
mod place;
mod poll;

pub(crate) use application::{application, command, gateway_bot, ready};
pub(crate) use attachment::refreshed_url;
pub(crate) use interaction::interaction;
pub(crate) use message::{content_is_visible, emoji, message, message_event, reaction, vote};
pub(crate) use place::{
    channel, deleted_thread, guild, member, role_event, thread_list_sync, thread_member, typing,
    user,
};
