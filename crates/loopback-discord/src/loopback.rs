//! The handle on a running loopback: addresses, ids, its state, and faults.

use std::{fmt, time::Duration};

use serde_json::Value;
use tokio::task::AbortHandle;

use crate::{
    Builder, Call, Channel, Fault, Frame, Gateway, Hold, Message, Snowflake, User, View,
    rate_limit, server::KillSwitches, shared::Shared, world::ChannelKind,
};

/// A running loopback Discord. Dropping it ends it and all its connections.
pub struct Loopback {
    pub(crate) shared: Shared,
    kill_switches: KillSwitches,
    serving: AbortHandle,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
        self.kill_switches.cut_all();
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

/// Addresses and ids.
impl Loopback {
    pub(crate) fn new(shared: Shared, kill_switches: KillSwitches, serving: AbortHandle) -> Self {
        Self {
            shared,
            kill_switches,
            serving,
        }
    }

    /// A loopback with one guild, three channels, an owner, a member and a stranger by default.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Its base URL: `http://127.0.0.1:PORT`, without a slash at the end. The REST API is below
    /// `/api/v10`, the page is `/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.settings().address)
    }

    /// The gateway's URL: `ws://127.0.0.1:PORT/gateway`.
    #[must_use]
    pub fn ws_url(&self) -> String {
        self.shared.settings().ws_url.clone()
    }

    /// The bot's token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.shared.settings().token
    }

    /// The bot's user.
    #[must_use]
    pub fn bot(&self) -> Snowflake {
        self.shared.bot()
    }

    /// The application.
    #[must_use]
    pub fn application(&self) -> Snowflake {
        self.shared.read(|state| state.world.application.id)
    }

    /// The guild.
    #[must_use]
    pub fn guild(&self) -> Snowflake {
        self.shared.settings().seed.guild
    }

    /// The owner of the guild, and of the application unless a team owns it.
    #[must_use]
    pub fn owner(&self) -> Snowflake {
        self.shared.settings().seed.owner
    }

    /// A member of the guild, with the role [`role`](Self::role).
    #[must_use]
    pub fn member(&self) -> Snowflake {
        self.shared.settings().seed.member
    }

    /// A member of the guild without any role.
    #[must_use]
    pub fn stranger(&self) -> Snowflake {
        self.shared.settings().seed.stranger
    }

    /// The members of the team that owns the application; empty unless there is one.
    #[must_use]
    pub fn team(&self) -> &[Snowflake] {
        &self.shared.settings().seed.team
    }

    /// The role that the member has.
    #[must_use]
    pub fn role(&self) -> Snowflake {
        self.shared.settings().seed.role
    }

    /// The role of the guild that is the bot's own.
    ///
    /// # Panics
    ///
    /// Never: every guild of the bot has one.
    #[must_use]
    pub fn bot_role(&self) -> Snowflake {
        let (guild, bot) = (self.guild(), self.bot());
        let found = self.shared.read(|state| {
            let mut roles = state.world.guild(guild)?.roles.iter();
            roles.find(|role| role.bot == Some(bot)).map(|role| role.id)
        });
        found.unwrap_or_else(|| panic!("the bot has no role"))
    }

    /// The first text channel of the guild, `general` by default.
    ///
    /// # Panics
    ///
    /// When the guild was built without channels.
    #[must_use]
    #[track_caller]
    pub fn general(&self) -> Snowflake {
        let found = self.shared.read(|state| {
            let mut channels = state.world.channels.iter();
            let first = channels.find(|channel| matches!(channel.kind, ChannelKind::Text { .. }));
            first.map(|channel| channel.id)
        });
        found.unwrap_or_else(|| panic!("the guild has no text channel"))
    }

    /// The guild's text channels, oldest first.
    #[must_use]
    pub fn text_channels(&self) -> Vec<Snowflake> {
        self.shared.read(|state| {
            let channels = state.world.channels.iter();
            let text = channels.filter(|channel| matches!(channel.kind, ChannelKind::Text { .. }));
            text.map(|channel| channel.id).collect()
        })
    }

    /// A channel or thread of a guild by its name.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    #[must_use]
    #[track_caller]
    pub fn channel(&self, name: &str) -> Snowflake {
        let found = self.shared.read(|state| {
            let mut channels = state.world.channels.iter();
            let named = channels.find(|channel| channel.guild().is_some() && channel.name == name);
            named.map(|channel| channel.id)
        });
        found.unwrap_or_else(|| panic!("there is no channel `{name}`"))
    }
}

/// Its current state. Each of these is also on [`View`], for waiting.
impl Loopback {
    /// Reads everything at one moment.
    pub fn look<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        self.shared.read(|state| look(&View::new(state)))
    }

    /// A message by its id.
    #[must_use]
    pub fn message(&self, id: Snowflake) -> Option<Message> {
        self.look(|view| view.message(id))
    }

    /// A channel or thread by its id.
    #[must_use]
    pub fn channel_by_id(&self, id: Snowflake) -> Option<Channel> {
        self.look(|view| view.channel_by_id(id))
    }

    /// The threads of a text channel, archived ones included, oldest first.
    #[must_use]
    pub fn threads(&self, parent: Snowflake) -> Vec<Channel> {
        self.look(|view| view.threads(parent))
    }

    /// The messages of a channel that a user sees, oldest first: no ephemeral ones of others.
    #[must_use]
    pub fn messages_for(&self, channel: Snowflake, user: Snowflake) -> Vec<Message> {
        self.look(|view| view.messages_for(channel, user))
    }

    /// The messages of a channel, oldest first, ephemeral ones included.
    #[must_use]
    pub fn messages(&self, channel: Snowflake) -> Vec<Message> {
        self.look(|view| view.messages(channel))
    }

    /// The bot's messages in a channel, oldest first, ephemeral ones included.
    #[must_use]
    pub fn bot_messages(&self, channel: Snowflake) -> Vec<Message> {
        self.look(|view| view.bot_messages(channel))
    }

    /// The time since it was started, as in [`Call::at`].
    #[must_use]
    pub fn now(&self) -> Duration {
        self.shared.read(|state| state.record.now())
    }

    /// Every REST call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.look(|view| view.calls().to_vec())
    }

    /// The REST calls to a route: `POST /channels/*/messages`, written as for [`Fault`].
    #[must_use]
    pub fn calls_to(&self, route: &str) -> Vec<Call> {
        self.look(|view| view.calls_to(route).cloned().collect())
    }

    /// How often the bot has triggered the typing indicator in a channel.
    #[must_use]
    pub fn typing_calls(&self, channel: Snowflake) -> usize {
        self.look(|view| view.typing_calls(channel))
    }

    /// Every gateway frame of the bot so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.look(|view| view.frames().to_vec())
    }

    /// The registered commands, as Discord returns them.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        self.look(|view| view.commands().to_vec())
    }

    /// A user by id.
    #[must_use]
    pub fn user(&self, id: Snowflake) -> Option<User> {
        self.shared.read(|state| state.world.user(id).cloned())
    }

    /// The gateway: its counters, and how to make it misbehave.
    #[must_use]
    pub fn gateway(&self) -> Gateway<'_> {
        Gateway::new(&self.shared)
    }
}

/// Faults and rate limits.
impl Loopback {
    /// Makes calls to a route fail.
    pub fn inject(&self, fault: Fault) {
        self.shared.change(|state| state.faults.add(fault));
    }

    /// Makes calls to a route wait until the [`Hold`] is released or dropped.
    pub fn hold(&self, route: &str) -> Hold {
        let (fault, hold) = Fault::held(route);
        self.inject(fault);
        hold
    }

    /// Puts a rate limit in force: so many calls to a route (written as for [`Fault`]) in each window,
    /// counted separately for each channel, guild or webhook. Responses describe the bucket in their
    /// headers, as Discord's do.
    pub fn limit(&self, route: &str, calls: u32, window: Duration) {
        self.shared
            .change(|state| state.rate_limits.add(route, calls, window));
    }

    /// Puts limits like Discord's in force for the calls that a bot makes most.
    pub fn usual_limits(&self) {
        for (route, calls, window) in rate_limit::USUAL {
            self.limit(route, calls, window);
        }
    }

    /// How many calls went beyond a rate limit in force.
    #[must_use]
    pub fn overruns(&self) -> usize {
        self.shared.read(|state| state.rate_limits.overruns)
    }

    /// Removes all faults that have not occurred yet.
    pub fn clear_faults(&self) {
        self.shared.change(|state| state.faults.clear());
    }
}
