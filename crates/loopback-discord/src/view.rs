//! Everything at one moment.

use std::fmt;

use serde_json::Value;

use crate::{Call, Channel, Frame, Message, Snowflake, shared::State};

/// Everything at one moment: the input of conditions for
/// [`Loopback::wait_until`](crate::Loopback::wait_until).
pub struct View<'a> {
    state: &'a State,
}

impl<'a> View<'a> {
    pub(crate) fn new(state: &'a State) -> Self {
        Self { state }
    }

    /// A message by its id.
    #[must_use]
    pub fn message(&self, id: Snowflake) -> Option<Message> {
        self.state.world.messages.get(&id).cloned()
    }

    /// A channel or thread by its id.
    #[must_use]
    pub fn channel_by_id(&self, id: Snowflake) -> Option<Channel> {
        self.state.world.channel(id).cloned()
    }

    /// The threads of a text channel, archived ones included, oldest first.
    #[must_use]
    pub fn threads(&self, parent: Snowflake) -> Vec<Channel> {
        let channels = self.state.world.channels.iter();
        channels
            .filter(|channel| channel.parent() == Some(parent))
            .cloned()
            .collect()
    }

    /// The messages of a channel that a user sees, oldest first: no ephemeral ones of others.
    #[must_use]
    pub fn messages_for(&self, channel: Snowflake, user: Snowflake) -> Vec<Message> {
        let messages = self.state.world.messages(channel);
        messages
            .filter(|message| message.is_visible_to(user))
            .cloned()
            .collect()
    }

    /// The messages of a channel, oldest first, ephemeral ones included.
    #[must_use]
    pub fn messages(&self, channel: Snowflake) -> Vec<Message> {
        self.state.world.messages(channel).cloned().collect()
    }

    /// The bot's messages in a channel, oldest first, ephemeral ones included.
    #[must_use]
    pub fn bot_messages(&self, channel: Snowflake) -> Vec<Message> {
        let messages = self.state.world.messages(channel);
        let bot = self.state.world.bot;
        messages
            .filter(|message| message.author == bot)
            .cloned()
            .collect()
    }

    /// The replies to a message, oldest first.
    #[must_use]
    pub fn replies_to(&self, id: Snowflake) -> Vec<Message> {
        let messages = self.state.world.messages.values();
        messages
            .filter(|message| message.reply_to == Some(id))
            .cloned()
            .collect()
    }

    /// How many messages the bot has sent with distinct nonces. Cheap, unlike counting the messages.
    #[must_use]
    pub fn nonces(&self) -> usize {
        self.state.world.nonces.len()
    }

    /// Every REST call so far, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> &'a [Call] {
        &self.state.record.calls
    }

    /// The REST calls to a route: `POST /channels/*/messages`, written as for
    /// [`Fault`](crate::Fault).
    pub fn calls_to(&self, route: &str) -> impl Iterator<Item = &'a Call> + use<'a> {
        let route = crate::Route::new(route);
        let calls = self.state.record.calls.iter();
        calls.filter(move |call| route.matches(&call.method, &call.path))
    }

    /// How often the bot has triggered the typing indicator in a channel.
    #[must_use]
    pub fn typing_calls(&self, channel: Snowflake) -> usize {
        self.calls_to(&format!("POST /channels/{channel}/typing"))
            .count()
    }

    /// Every gateway frame of the bot so far.
    #[must_use]
    pub fn frames(&self) -> &'a [Frame] {
        &self.state.record.frames
    }

    /// The registered commands, as Discord returns them.
    #[must_use]
    pub fn commands(&self) -> &'a [Value] {
        &self.state.world.commands
    }

    /// How many sessions are connected: one for each shard of the bot.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.state.gateway.connected()
    }

    /// How many sockets to the gateway have been opened in total.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.gateway.connections
    }

    /// How many IDENTIFYs have arrived.
    #[must_use]
    pub fn identifies(&self) -> usize {
        self.state.gateway.identifies
    }

    /// How many RESUMEs have arrived.
    #[must_use]
    pub fn resumes(&self) -> usize {
        self.state.gateway.resumes
    }

    /// The intents of the latest IDENTIFY.
    #[must_use]
    pub fn intents(&self) -> Option<u64> {
        self.state.gateway.intents
    }

    pub(crate) fn state(&self) -> &'a State {
        self.state
    }
}

/// A summary for the output of a failed test: the gateway, the calls, the messages.
impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        let gateway = &self.state.gateway;
        writeln!(
            f,
            "gateway: {} connected, {} sockets opened, {} IDENTIFY, {} RESUME",
            gateway.connected(),
            gateway.connections,
            gateway.identifies,
            gateway.resumes,
        )?;
        let calls = self.calls();
        writeln!(f, "calls ({}):", calls.len())?;
        for call in calls.iter().skip(calls.len().saturating_sub(SHOWN)) {
            let status = call
                .status
                .map_or("no answer".to_owned(), |status| status.to_string());
            writeln!(
                f,
                "  {:>8.3?} {} {} -> {status}",
                call.at, call.method, call.path
            )?;
        }
        let messages = &self.state.world.messages;
        writeln!(f, "messages ({}):", messages.len())?;
        for message in messages.values().skip(messages.len().saturating_sub(SHOWN)) {
            let channel = self.state.world.channel(message.channel);
            let channel = channel.map_or("", |channel| channel.name.as_str());
            let author = self.state.world.user(message.author);
            let author = author.map_or("?", |user| user.display_name.as_str());
            let marks = match (message.loading, message.ephemeral_to, message.edited) {
                (true, _, _) => " (loading)",
                (_, Some(_), _) => " (ephemeral)",
                (_, _, Some(_)) => " (edited)",
                _ => "",
            };
            let id = message.id;
            writeln!(
                f,
                "  #{channel} {id} {author}{marks}: {:?}",
                message.content
            )?;
        }
        Ok(())
    }
}
