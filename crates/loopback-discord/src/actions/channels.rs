//! Channels and threads.

use super::{ActionError, ensure, message, require_member};
use crate::{
    Permissions, Snowflake, SystemMessage, clock,
    event::Event,
    shared::State,
    world::{ChannelPatch, Draft, NewThread},
};

impl State {
    /// Starts a thread and publishes what comes of it: the thread, and the message that announces it.
    pub(crate) fn start_thread(&mut self, new: &NewThread<'_>) -> Snowflake {
        let now = clock::unix_ms();
        let thread = self.world.start_thread(new, now);
        self.publish(&Event::ChannelCreated(thread));
        let (channel, system, content) = match new.from {
            Some(message) => {
                self.publish(&Event::MessageUpdated(message));
                let starter = SystemMessage::ThreadStarter { message };
                (thread, starter, String::new())
            }
            None => {
                let created = SystemMessage::ThreadCreated { thread };
                (new.place.1, created, new.name.to_owned())
            }
        };
        let draft = Draft {
            content,
            system: Some(system),
            ..Draft::default()
        };
        let id = self.world.post(channel, new.owner, draft, now);
        self.publish(&Event::MessageCreated(id));
        thread
    }

    /// Starts a post in a forum: a thread, and its first message with the thread's id.
    pub(crate) fn post_in_forum(&mut self, new: &NewThread<'_>, draft: Draft) -> Snowflake {
        let now = clock::unix_ms();
        let thread = self.world.start_thread(new, now);
        self.publish(&Event::ChannelCreated(thread));
        let draft = Draft {
            id: Some(thread),
            ..draft
        };
        self.world.post(thread, new.owner, draft, now);
        self.publish(&Event::MessageCreated(thread));
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
        .filter(|place| place.thread.is_none() && !place.is_forum())
        .and_then(crate::Channel::guild)
        .ok_or_else(|| ActionError::new(format!("{parent} is not a text channel of a guild")))?;
    if let Some(id) = from {
        let here = message(state, id)?.channel == parent;
        ensure(here, || format!("there is no message {id} in {parent}"))?;
        ensure(state.world.channel(id).is_none(), || {
            format!("message {id} has a thread already")
        })?;
    }
    Ok(state.start_thread(&NewThread {
        place: (guild, parent),
        from,
        owner: user,
        name,
        auto_archive_minutes: None,
        applied_tags: Vec::new(),
    }))
}

/// `user` starts a post in a forum, with tags by their names.
pub(crate) fn post_in_forum(
    state: &mut State,
    forum: Snowflake,
    user: Snowflake,
    name: &str,
    text: &str,
    tags: &[&str],
) -> Result<Snowflake, ActionError> {
    require_member(state, forum, user)?;
    let place = state.world.channel(forum);
    let place = place.filter(|place| place.is_forum());
    let place = place.ok_or_else(|| ActionError::new(format!("{forum} is not a forum")))?;
    let guild = place.guild().unwrap_or(forum);
    let applied_tags: Result<Vec<_>, _> = tags
        .iter()
        .map(|name| {
            let found = place.tags.iter().find(|tag| tag.name == **name);
            let unknown = || ActionError::new(format!("the forum has no tag `{name}`"));
            found.map(|tag| tag.id).ok_or_else(unknown)
        })
        .collect();
    let new = NewThread {
        place: (guild, forum),
        from: None,
        owner: user,
        name,
        auto_archive_minutes: None,
        applied_tags: applied_tags?,
    };
    let draft = Draft {
        content: text.to_owned(),
        ..Draft::default()
    };
    Ok(state.post_in_forum(&new, draft))
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
