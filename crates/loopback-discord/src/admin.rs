//! Setting up and managing the guild, for tests.

#![expect(
    clippy::must_use_candidate,
    reason = "most of these are called for their effect; the returned ids are optional"
)]

use crate::{
    Loopback, Permissions, Snowflake,
    actions::{self, ActionError, ensure},
    clock,
    event::Event,
    shared::State,
    world::{ChannelPatch, NewThread},
};

/// People, roles and guilds.
impl Loopback {
    /// A new user, a member of the guild without any role.
    pub fn add_user(&self, display_name: &str) -> Snowflake {
        self.add_account(display_name, false)
    }

    /// Another bot, a member of the guild.
    pub fn add_bot(&self, name: &str) -> Snowflake {
        self.add_account(name, true)
    }

    fn add_account(&self, name: &str, bot: bool) -> Snowflake {
        let guild = self.guild();
        self.set_up(|state| {
            let user = state.world.add_user(name, bot, clock::unix_ms());
            state.world.add_member(guild, user, None);
            user
        })
    }

    /// A new role of the guild.
    pub fn add_role(&self, name: &str) -> Snowflake {
        let guild = self.guild();
        self.set_up(|state| state.world.add_role(guild, name, clock::unix_ms()))
    }

    /// Sets what a role of the guild allows beyond [`Permissions::EVERYONE`]; nothing at first.
    ///
    /// # Panics
    ///
    /// When there is no such role.
    #[track_caller]
    pub fn set_role_permissions(&self, role: Snowflake, permissions: Permissions) {
        let guild = self.guild();
        self.act(|state| {
            let found = state.world.set_role_permissions(guild, role, permissions);
            ensure(found, || format!("there is no role {role}"))?;
            state.publish(&Event::RoleUpdated { guild, role });
            Ok(())
        });
    }

    /// Gives a user a role of the guild, and membership if they are not a member.
    pub fn give_role(&self, user: Snowflake, role: Snowflake) {
        let guild = self.guild();
        self.set_up(|state| state.world.add_member(guild, user, Some(role)));
    }

    /// Whether a user accepts direct messages from the bot; every user does at first.
    pub fn accept_dms(&self, user: Snowflake, accept: bool) {
        self.set_up(|state| state.world.set_accepts_dms(user, accept));
    }

    /// Another guild with one channel, owned by the owner and joined by the bot. Returns the guild
    /// and the channel.
    pub fn add_guild(&self, name: &str, channel: &str) -> (Snowflake, Snowflake) {
        self.add_guild_on((0, 1), name, channel)
    }

    /// As [`add_guild`](Self::add_guild), with a guild that goes to a shard of so many.
    pub fn add_guild_on(
        &self,
        (shard, total): (u64, u64),
        name: &str,
        channel: &str,
    ) -> (Snowflake, Snowflake) {
        let owner = self.owner();
        self.set_up(|state| {
            // Guilds are divided by the time in their ids.
            let last = state.world.ids.next(clock::unix_ms());
            let next = (last.get() >> 22) + 1;
            let now = last.unix_ms() + 1 + (shard + total - next % total) % total;
            let guild = state.world.add_guild(name, owner, now);
            let channel = state.world.add_text_channel(guild, channel, now);
            state.publish(&Event::GuildCreated(guild));
            (guild, channel)
        })
    }

    fn set_up<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.shared.change(|state| {
            let result = change(state);
            state.publish(&Event::PageStale);
            result
        })
    }
}

/// Channels and threads.
impl Loopback {
    /// The direct message channel of a user; creates it if there is none.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    #[track_caller]
    pub fn dm(&self, user: Snowflake) -> Snowflake {
        self.act(|state| {
            let exists = state.world.user(user).is_some();
            ensure(exists, || format!("there is no user {user}"))?;
            Ok(state.world.open_direct(user, clock::unix_ms()))
        })
    }

    /// A new text channel of the guild.
    pub fn add_channel(&self, name: &str) -> Snowflake {
        let guild = self.guild();
        self.shared.change(|state| {
            let now = clock::unix_ms();
            let channel = state.world.add_text_channel(guild, name, now);
            state.publish(&Event::ChannelCreated(channel));
            channel
        })
    }

    /// A new forum of the guild, whose posts can have these tags.
    pub fn add_forum(&self, name: &str, tags: &[&str]) -> Snowflake {
        let guild = self.guild();
        self.shared.change(|state| {
            let forum = state.world.add_forum(guild, name, tags, clock::unix_ms());
            state.publish(&Event::ChannelCreated(forum));
            forum
        })
    }

    /// A new thread of the guild's owner in a text channel, without the message that announces it.
    ///
    /// # Panics
    ///
    /// When `parent` is not a channel of a guild.
    #[track_caller]
    pub fn add_thread(&self, parent: Snowflake, name: &str) -> Snowflake {
        let owner = self.owner();
        self.act(|state| {
            let guild = state.world.channel(parent).and_then(crate::Channel::guild);
            let guild = guild
                .ok_or_else(|| ActionError::new(format!("{parent} is not a channel of a guild")))?;
            let new = NewThread {
                place: (guild, parent),
                from: None,
                owner,
                name,
                auto_archive_minutes: None,
                applied_tags: Vec::new(),
            };
            let thread = state.world.start_thread(&new, clock::unix_ms());
            state.publish(&Event::ChannelCreated(thread));
            Ok(thread)
        })
    }

    /// `user` starts a thread in a text channel, which a message there announces.
    ///
    /// # Panics
    ///
    /// When `parent` is not a text channel of a guild, or the user is not in it.
    #[track_caller]
    pub fn start_thread(&self, parent: Snowflake, user: Snowflake, name: &str) -> Snowflake {
        self.act(|state| actions::start_thread(state, parent, None, user, name))
    }

    /// `user` starts a thread from a message. The thread has the message's id.
    ///
    /// # Panics
    ///
    /// When there is no such message, it has a thread already, or it is not in a text channel of a
    /// guild with the user in it.
    #[track_caller]
    pub fn start_thread_from(&self, message: Snowflake, user: Snowflake, name: &str) -> Snowflake {
        self.act(|state| {
            let found = state.world.messages.get(&message);
            let found =
                found.ok_or_else(|| ActionError::new(format!("there is no message {message}")))?;
            let parent = found.channel;
            actions::start_thread(state, parent, Some(message), user, name)
        })
    }

    /// The guild's owner renames a channel or thread.
    ///
    /// # Panics
    ///
    /// When there is no such channel in a guild.
    #[track_caller]
    pub fn rename_channel(&self, channel: Snowflake, name: &str) {
        self.edit_channel(
            channel,
            ChannelPatch {
                name: Some(name.to_owned()),
                ..ChannelPatch::default()
            },
        );
    }

    /// The guild's owner archives a thread, or unarchives it.
    ///
    /// # Panics
    ///
    /// When there is no such channel in a guild.
    #[track_caller]
    pub fn archive_thread(&self, thread: Snowflake, archived: bool) {
        self.edit_channel(
            thread,
            ChannelPatch {
                archived: Some(archived),
                ..ChannelPatch::default()
            },
        );
    }

    /// The guild's owner locks a thread, or unlocks it.
    ///
    /// # Panics
    ///
    /// When there is no such channel in a guild.
    #[track_caller]
    pub fn lock_thread(&self, thread: Snowflake, locked: bool) {
        self.edit_channel(
            thread,
            ChannelPatch {
                locked: Some(locked),
                ..ChannelPatch::default()
            },
        );
    }

    #[track_caller]
    fn edit_channel(&self, channel: Snowflake, patch: ChannelPatch) {
        self.act(|state| actions::edit_channel(state, channel, patch));
    }

    /// The guild's owner deletes a channel or thread, with its messages and threads.
    ///
    /// # Panics
    ///
    /// When there is no such channel in a guild.
    #[track_caller]
    pub fn delete_channel(&self, channel: Snowflake) {
        self.act(|state| actions::delete_channel(state, channel));
    }

    /// Ticks the message content intent in the Developer Portal, or takes the tick away.
    pub fn set_message_content(&self, enabled: bool) {
        self.set_up(|state| state.world.application.message_content = enabled);
    }

    /// Sets what the bot may do in a text channel and its threads; [`Permissions::EVERYONE`] at
    /// first.
    ///
    /// # Panics
    ///
    /// When there is no such text channel in a guild.
    #[track_caller]
    pub fn set_bot_permissions(&self, channel: Snowflake, permissions: Permissions) {
        self.act(|state| actions::set_bot_permissions(state, channel, permissions));
    }

    /// What the bot may do in a channel.
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    #[must_use]
    #[track_caller]
    pub fn bot_permissions(&self, channel: Snowflake) -> Permissions {
        let permissions = self.shared.read(|state| {
            let found = state.world.channel(channel)?;
            Some(state.world.bot_permissions(found))
        });
        permissions.unwrap_or_else(|| panic!("there is no channel {channel}"))
    }
}
