//! The world grows, for tests.

#![expect(
    clippy::must_use_candidate,
    reason = "most of these are for their effect; ids are by the way"
)]

use crate::{
    Channel, ChannelKind, Loopback, Snowflake,
    act::{Impossible, possible},
    clock,
    event::Event,
    shared::State,
};

/// The world grows.
impl Loopback {
    /// The direct message channel of a user, made if there is none.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    #[track_caller]
    pub fn dm(&self, user: Snowflake) -> Snowflake {
        self.act(|state| {
            let there = state.world.user(user).is_some();
            possible(there, || format!("there is no user {user}"))?;
            Ok(state.world.direct(user, clock::unix_ms()))
        })
    }

    /// A new user, a member of the guild without any role.
    pub fn add_user(&self, display_name: &str) -> Snowflake {
        let guild = self.guild();
        self.grow(|state| {
            let user = state.world.add_user(display_name, false, clock::unix_ms());
            state.world.join(guild, user, None);
            user
        })
    }

    /// Another bot, a member of the guild.
    pub fn add_bot(&self, name: &str) -> Snowflake {
        let guild = self.guild();
        self.grow(|state| {
            let bot = state.world.add_user(name, true, clock::unix_ms());
            state.world.join(guild, bot, None);
            bot
        })
    }

    /// Another guild, owned by the owner, with the bot in it and one channel. Gives the guild and
    /// the channel.
    pub fn add_guild(&self, name: &str, channel: &str) -> (Snowflake, Snowflake) {
        let owner = self.owner();
        self.grow(|state| {
            let now = clock::unix_ms();
            let guild = state.world.add_guild(name, owner, now);
            let kind = ChannelKind::Text { guild };
            let channel = state.world.add_channel(channel, kind, now);
            state.publish(&Event::ChannelMade(channel));
            (guild, channel)
        })
    }

    /// A new text channel of the guild.
    pub fn add_channel(&self, name: &str) -> Snowflake {
        let kind = ChannelKind::Text {
            guild: self.guild(),
        };
        self.add_place(name, kind)
    }

    /// A new thread under a text channel.
    ///
    /// # Panics
    ///
    /// When `parent` is not a channel of a guild.
    #[track_caller]
    pub fn add_thread(&self, parent: Snowflake, name: &str) -> Snowflake {
        let guild = self.act(|state| {
            let found = state.world.channel(parent).and_then(Channel::guild);
            found.ok_or_else(|| Impossible(format!("{parent} is no channel of a guild")))
        });
        self.add_place(name, ChannelKind::Thread { guild, parent })
    }

    /// A new role of the guild.
    pub fn add_role(&self, name: &str) -> Snowflake {
        let guild = self.guild();
        self.grow(|state| state.world.add_role(guild, name, clock::unix_ms()))
    }

    /// Gives a user a role of the guild, and membership if they have none.
    pub fn give_role(&self, user: Snowflake, role: Snowflake) {
        let guild = self.guild();
        self.grow(|state| state.world.join(guild, user, Some(role)));
    }

    fn add_place(&self, name: &str, kind: ChannelKind) -> Snowflake {
        self.grow(|state| {
            let id = state.world.add_channel(name, kind, clock::unix_ms());
            state.publish(&Event::ChannelMade(id));
            id
        })
    }

    fn grow<T>(&self, grow: impl FnOnce(&mut State) -> T) -> T {
        self.shared.change(|state| {
            let grown = grow(state);
            state.publish(&Event::World);
            grown
        })
    }
}
