//! The handle on a running loopback: addresses, who is who, and a look at everything.

use std::{fmt, time::Duration};

use serde_json::Value;
use tokio::task::AbortHandle;

use crate::{
    Builder, Call, Fault, Frame, Gateway, Hold, Message, Snowflake, User, View, server::Cuts,
    shared::Shared, world::ChannelKind,
};

/// A running loopback Discord. It ends, with all its connections, when this is dropped.
pub struct Loopback {
    pub(crate) shared: Shared,
    cuts: Cuts,
    serving: AbortHandle,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
        self.cuts.all_now();
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

/// Addresses, and who is who.
impl Loopback {
    pub(crate) fn new(shared: Shared, cuts: Cuts, serving: AbortHandle) -> Self {
        Self {
            shared,
            cuts,
            serving,
        }
    }

    /// A loopback with one guild, three channels, an owner, a member and a stranger, unless told
    /// otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it is: `http://127.0.0.1:PORT`, without a slash at the end. The REST API is at
    /// `/api/v10` under it, the page at `/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.settings().address)
    }

    /// Where the gateway is: `ws://127.0.0.1:PORT/gateway`.
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
        self.shared.settings().cast.guild
    }

    /// Who owns the guild, and the application unless a team does.
    #[must_use]
    pub fn owner(&self) -> Snowflake {
        self.shared.settings().cast.owner
    }

    /// A member of the guild, with the role [`role`](Self::role).
    #[must_use]
    pub fn member(&self) -> Snowflake {
        self.shared.settings().cast.member
    }

    /// A member of the guild without any role.
    #[must_use]
    pub fn stranger(&self) -> Snowflake {
        self.shared.settings().cast.stranger
    }

    /// The members of the team that owns the application; empty unless there is one.
    #[must_use]
    pub fn team(&self) -> &[Snowflake] {
        &self.shared.settings().cast.team
    }

    /// The role that the member has.
    #[must_use]
    pub fn role(&self) -> Snowflake {
        self.shared.settings().cast.role
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

/// What has come of it so far. Each of these is also on [`View`], for waiting.
impl Loopback {
    /// Looks at everything at one moment.
    pub fn look<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        self.shared.read(|state| look(&View::new(state)))
    }

    /// A message by its id.
    #[must_use]
    pub fn message(&self, id: Snowflake) -> Option<Message> {
        self.look(|view| view.message(id))
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

    /// How often the bot has said that it is typing in a channel.
    #[must_use]
    pub fn typing_calls(&self, channel: Snowflake) -> usize {
        self.look(|view| view.typing_calls(channel))
    }

    /// Every gateway frame of the bot so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.look(|view| view.frames().to_vec())
    }

    /// The commands that are registered, as Discord gives them back.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        self.look(|view| view.commands().to_vec())
    }

    /// A user by id.
    #[must_use]
    pub fn user(&self, id: Snowflake) -> Option<User> {
        self.shared.read(|state| state.world.user(id).cloned())
    }

    /// The gateway: what it has seen, and how to make it misbehave.
    #[must_use]
    pub fn gateway(&self) -> Gateway<'_> {
        Gateway::new(&self.shared)
    }
}

/// What goes wrong.
impl Loopback {
    /// Lets calls to a route go wrong.
    pub fn inject(&self, fault: Fault) {
        self.shared.change(|state| state.faults.add(fault));
    }

    /// Lets calls to a route wait until the [`Hold`] is released or dropped.
    pub fn hold(&self, route: &str) -> Hold {
        let (fault, hold) = Fault::held(route);
        self.inject(fault);
        hold
    }

    /// Puts a rate limit in force: so many calls to a route (written as for [`Fault`]) in each window, counted for
    /// each channel by itself. Its answers tell of the bucket as Discord's do.
    pub fn limit(&self, route: &str, calls: u32, window: Duration) {
        self.shared
            .change(|state| state.limits.add(route, calls, window));
    }

    /// How many calls came although a limit in force forbade them.
    #[must_use]
    pub fn overruns(&self) -> usize {
        self.shared.read(|state| state.limits.overruns)
    }

    /// Takes all faults away that have not struck yet.
    pub fn clear_faults(&self) {
        self.shared.change(|state| state.faults.clear());
    }
}
