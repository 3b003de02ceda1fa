//! What people do: they write and edit messages, react, run commands, press buttons, manage channels.
//!
//! The page shows the error of an action that is not possible; a test panics with it.

mod channels;
mod interactions;
mod messages;

pub(crate) use channels::{
    delete_channel, edit_channel, post_in_forum, set_bot_permissions, start_thread,
};
pub(crate) use interactions::{autocomplete, message_command, press, slash, submit};
pub(crate) use messages::{
    add_preview, delete, edit, forward, post, react, say, say_with_files, start_typing, vote,
};

use std::fmt;

use crate::{ChannelKind, Message, Snowflake, shared::State};

/// Why an action is not possible.
#[derive(Clone, Debug)]
pub(crate) struct ActionError(String);

impl ActionError {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error unless a condition holds.
pub(crate) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), ActionError> {
    if holds {
        Ok(())
    } else {
        Err(ActionError(why()))
    }
}

/// An error unless the channel and the user exist and the user is in the channel.
fn require_member(state: &State, channel: Snowflake, user: Snowflake) -> Result<(), ActionError> {
    let place = state.world.channel(channel);
    let place = place.ok_or_else(|| ActionError(format!("there is no channel {channel}")))?;
    ensure(state.world.user(user).is_some(), || {
        format!("there is no user {user}")
    })?;
    let allowed = match place.kind {
        ChannelKind::Direct { user: with } => user == with || user == state.world.bot,
        ChannelKind::Text { guild }
        | ChannelKind::Forum { guild }
        | ChannelKind::Thread { guild, .. } => {
            let guild = state.world.guild(guild);
            guild.is_some_and(|guild| guild.member(user).is_some())
        }
    };
    ensure(allowed, || {
        format!("user {user} is not in channel {channel}")
    })
}

fn message(state: &State, id: Snowflake) -> Result<&Message, ActionError> {
    let found = state.world.messages.get(&id);
    found.ok_or_else(|| ActionError(format!("there is no message {id}")))
}
