//! Channels and threads.

use super::{ActionError, ensure, message, require_member};
use crate::{
    Permissions, Snowflake, SystemMessage, clock,
    event::Event,
    shared::State,
    world::{ChannelPatch, Draft},
};

impl State {
    /// Starts a thread and publishes what comes of it: the thread, and the message that announces it.
    pub(crate) fn start_thread(
        &mut self,
        place: (Snowflake, Snowflake),
        from: Option<Snowflake>,
        owner: Snowflake,
        name: &str,
        auto_archive_minutes: Option<u64>,
    ) -> Snowflake {
        let now = clock::unix_ms();
        let world = &mut self.world;
        let thread = world.start_thread(place, from, owner, name, auto_archive_minutes, now);
        self.publish(&Event::ChannelCreated(thread));
        let (channel, system, content) = match from {
            Some(message) => {
                self.publish(&Event::MessageUpdated(message));
                let starter = SystemMessage::ThreadStarter { message };
                (thread, starter, String::new())
            }
            None => {
                let created = SystemMessage::ThreadCreated { thread };
                (place.1, created, name.to_owned())
            }
        };
        let draft = Draft {
            content,
            system: Some(system),
            ..Draft::default()
        };
        let id = self.world.post(channel, owner, draft, now);
        self.publish(&Event::MessageCreated(id));
        thread
    }

    /// Changes a channel and publishes what comes of it.
    pub(crate) fn edit_channel(&mut self, id: Snowflake, by: Snowflake, patch: ChannelPatch) {
        let renamed = self.world.edit_channel(id, by, patch, clock::unix_ms());
        self.publish(&Event::ChannelUpdated(id));
        if let Some(message) = renamed {
            self.publish(&Event::MessageCreated(message));
        }
    }

    /// Deletes a channel and publishes that.
    pub(crate) fn delete_channel(&mut self, id: Snowflake) {
        if let Some(gone) = self.world.channel(id).cloned() {
            self.world.delete_channel(id);
            self.publish(&Event::ChannelDeleted(gone));
        }
    }

    /// Unarchives a thread, as a message in it does.
    pub(crate) fn unarchive(&mut self, channel: Snowflake) {
        let found = self.world.channel(channel);
        if found.is_some_and(crate::Channel::is_archived) {
            let patch = ChannelPatch {
                archived: Some(false),
                ..ChannelPatch::default()
            };
            let bot = self.world.bot;
            self.edit_channel(channel, bot, patch);
        }
    }
}

/// `user` starts a thread in a text channel, from a message in it if one is given.
pub(crate) fn start_thread(
    state: &mut State,
    parent: Snowflake,
    from: Option<Snowflake>,
    user: Snowflake,
    name: &str,
) -> Result<Snowflake, ActionError> {
    require_member(state, parent, user)?;
    let place = state.world.channel(parent);
    let guild = place
        .filter(|place| place.thread.is_none())
        .and_then(crate::Channel::guild)
        .ok_or_else(|| ActionError::new(format!("{parent} is not a text channel of a guild")))?;
    if let Some(id) = from {
        let here = message(state, id)?.channel == parent;
        ensure(here, || format!("there is no message {id} in {parent}"))?;
        ensure(state.world.channel(id).is_none(), || {
            format!("message {id} has a thread already")
        })?;
    }
    Ok(state.start_thread((guild, parent), from, user, name, None))
}

/// The guild's owner changes a channel of the guild.
pub(crate) fn edit_channel(
    state: &mut State,
    channel: Snowflake,
    patch: ChannelPatch,
) -> Result<(), ActionError> {
    let owner = guild_owner(state, channel)?;
    state.edit_channel(channel, owner, patch);
    Ok(())
}

/// The guild's owner deletes a channel of the guild.
pub(crate) fn delete_channel(state: &mut State, channel: Snowflake) -> Result<(), ActionError> {
    guild_owner(state, channel)?;
    state.delete_channel(channel);
    Ok(())
}

/// The guild's owner sets what the bot may do in a text channel and its threads.
pub(crate) fn set_bot_permissions(
    state: &mut State,
    channel: Snowflake,
    permissions: Permissions,
) -> Result<(), ActionError> {
    guild_owner(state, channel)?;
    let place = state.world.channel(channel);
    ensure(place.is_some_and(|place| place.thread.is_none()), || {
        format!("{channel} is a thread, which has the permissions of its parent")
    })?;
    let could_see = state.world.bot_sees(channel);
    state.world.set_bot_permissions(channel, permissions);
    state.publish(&Event::ChannelUpdated(channel));
    if !could_see && state.world.bot_sees(channel) {
        state.publish(&Event::ThreadsVisible(channel));
    }
    Ok(())
}

fn guild_owner(state: &State, channel: Snowflake) -> Result<Snowflake, ActionError> {
    let place = state.world.channel(channel);
    let place = place.ok_or_else(|| ActionError::new(format!("there is no channel {channel}")))?;
    let guild = place.guild().and_then(|guild| state.world.guild(guild));
    let guild = guild.ok_or_else(|| ActionError::new(format!("{channel} is not in a guild")))?;
    Ok(guild.owner)
}
