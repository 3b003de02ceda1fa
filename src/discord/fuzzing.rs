//! The way from Discord's JSON to our own types, for the fuzz targets: serenity's types stay in this room.

use serenity::all::Interaction;

pub use super::rest::fuzzing::{Answered, Outcome};
use super::{
    again, convert,
    intake::{Delivered, Person, Slash},
};
use crate::{
    channel::Threads,
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// A message as the gateway sends it; `None` where serenity refuses it.
#[must_use]
pub fn message(json: &[u8], bot: UserId) -> Option<Delivered> {
    let message = serde_json::from_slice(json).ok()?;
    Some(convert::delivered(message, bot))
}

/// A slash command as the gateway sends it, and what it tells of its channel; `None` where serenity refuses it.
#[must_use]
pub fn slash(json: &[u8], threads: &Threads) -> Option<Slash> {
    let Interaction::Command(command) = serde_json::from_slice(json).ok()? else {
        return None;
    };
    if let Some(told) = &command.channel {
        convert::learn_partial(threads, told);
    }
    Some(convert::used(&command))
}

/// A button that was pressed.
#[derive(Debug, Clone)]
pub struct Press {
    /// Who pressed it.
    pub presser: Person,
    /// Where.
    pub channel: ChannelId,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// What its maker called it.
    pub custom_id: String,
    /// The message that it runs again; `None` for a button of another kind.
    pub again: Option<MessageId>,
}

/// A press of a button as the gateway sends it, and what it tells of its channel; `None` where serenity refuses it.
#[must_use]
pub fn press(json: &[u8], threads: &Threads) -> Option<Press> {
    let Interaction::Component(press) = serde_json::from_slice(json).ok()? else {
        return None;
    };
    if let Some(told) = &press.channel {
        convert::learn_partial(threads, told);
    }
    Some(Press {
        presser: convert::presser(&press),
        channel: ChannelId(press.channel_id.get()),
        guild: press.guild_id.map(|guild| GuildId(guild.get())),
        again: again::pressed(&press.data.custom_id),
        custom_id: press.data.custom_id,
    })
}
