//! Discord's routes, and what the bot reads from them (Discord developer docs, "API reference").

use serde::Deserialize;
use serde_json::{Value, json};
use serenity::all::{
    AutoArchiveDuration, Channel, ChannelType, CreateCommand, CreateThread, CurrentApplicationInfo,
    GuildChannel, GuildInfo, Member, Message, PartialGuild, PartialMember, PrivateChannel,
    ReactionType, User,
};

use super::{Call, Failed, ONE_TRY, Rest, client::unreadable};
use crate::{
    discord::{json::parse_messages, session_start::SessionStartLimit},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// Every route that the bot uses.
pub(crate) mod route {
    pub(super) const OAUTH2_APPLICATION: &str = "GET /oauth2/applications/@me";
    pub(super) const APPLICATION: &str = "GET /applications/@me";
    pub(super) const GATEWAY: &str = "GET /gateway/bot";
    pub(super) const COMMANDS: &str = "PUT /applications/{application}/commands";
    pub(super) const CHANNEL: &str = "GET /channels/{channel}";
    pub(super) const ME: &str = "GET /users/@me";
    pub(super) const GUILDS: &str = "GET /users/@me/guilds";
    pub(super) const GUILD: &str = "GET /guilds/{guild}";
    pub(super) const GUILD_CHANNELS: &str = "GET /guilds/{guild}/channels";
    pub(super) const MEMBER: &str = "GET /guilds/{guild}/members/{user}";
    pub(super) const MESSAGE: &str = "GET /channels/{channel}/messages/{message}";
    pub(super) const MESSAGES: &str = "GET /channels/{channel}/messages";
    pub(crate) const CREATE_MESSAGE: &str = "POST /channels/{channel}/messages";
    pub(crate) const EDIT_MESSAGE: &str = "PATCH /channels/{channel}/messages/{message}";
    pub(crate) const DELETE_MESSAGE: &str = "DELETE /channels/{channel}/messages/{message}";
    pub(super) const ADD_REACTION: &str =
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me";
    pub(super) const REMOVE_REACTION: &str =
        "DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me";
    pub(super) const CREATE_THREAD: &str = "POST /channels/{channel}/threads";
    pub(super) const CREATE_THREAD_FROM_MESSAGE: &str =
        "POST /channels/{channel}/messages/{message}/threads";
    pub(crate) const ADD_THREAD_MEMBER: &str = "PUT /channels/{channel}/thread-members/{user}";
    pub(crate) const EDIT_CHANNEL: &str = "PATCH /channels/{channel}";
    pub(super) const DIRECT_MESSAGE: &str = "POST /users/@me/channels";
    pub(crate) const TYPING: &str = "POST /channels/{channel}/typing";
    /// The first reply to an interaction.
    pub(crate) const RESPOND: &str = "POST /interactions/{interaction}/{token}/callback";
    /// A later reply to an interaction.
    pub(crate) const FOLLOW_UP: &str = "POST /webhooks/{application}/{token}";
}

/// Where the gateway is, and how many sessions may be started there.
#[derive(Debug, Deserialize)]
pub(crate) struct GatewayBot {
    /// `wss://...`, without a query.
    pub(crate) url: String,
    pub(crate) session_start_limit: SessionStartLimit,
    /// How many connections Discord recommends.
    #[serde(default)]
    pub(crate) shards: u32,
}

impl Rest {
    pub(crate) async fn application(&self) -> Result<CurrentApplicationInfo, Failed> {
        match self.application_at(route::OAUTH2_APPLICATION).await {
            // A server that imitates Discord may have only one of the two.
            Err(error) if error.status == Some(404) => {
                self.application_at(route::APPLICATION).await
            }
            answer => answer,
        }
    }

    async fn application_at(&self, route: &'static str) -> Result<CurrentApplicationInfo, Failed> {
        let answer = self.read(&Call::new(route, &[]).once(ONE_TRY)).await;
        answer.map_err(|error: Failed| Failed {
            reason: format!("{route}: {}", error.reason),
            ..error
        })
    }

    pub(crate) async fn gateway(&self) -> Result<GatewayBot, Failed> {
        let call = Call::new(route::GATEWAY, &[]);
        self.read(&call.once(ONE_TRY)).await
    }

    /// The bot's own user.
    pub(crate) async fn me(&self) -> Result<User, Failed> {
        self.read(&Call::new(route::ME, &[]).once(ONE_TRY)).await
    }

    /// The guilds that the bot is in, at most 200.
    pub(crate) async fn guilds(&self) -> Result<Vec<GuildInfo>, Failed> {
        self.read(&Call::new(route::GUILDS, &[]).once(ONE_TRY))
            .await
    }

    /// A guild with its roles, its channels without threads, and the bot as a member of it.
    pub(crate) async fn guild(
        &self,
        guild: GuildId,
        bot: UserId,
    ) -> Result<(PartialGuild, Vec<GuildChannel>, Member), Failed> {
        let whole = Call::new(route::GUILD, &[&guild]).once(ONE_TRY);
        let channels = Call::new(route::GUILD_CHANNELS, &[&guild]).once(ONE_TRY);
        let member = Call::new(route::MEMBER, &[&guild, &bot]).once(ONE_TRY);
        Ok((
            self.read(&whole).await?,
            self.read(&channels).await?,
            self.read(&member).await?,
        ))
    }

    /// Registers these slash commands in place of all others.
    pub(crate) async fn put_commands(
        &self,
        application: u64,
        commands: &[CreateCommand],
    ) -> Result<(), Failed> {
        let call = Call::new(route::COMMANDS, &[&application]);
        self.send(&call.json(&commands)).await.map(drop)
    }

    /// Sends a call of [`Call::messages`]; returns its messages, oldest first.
    pub(crate) async fn messages(&self, call: &Call) -> Result<Vec<Message>, Failed> {
        let body = self.send(call).await?;
        let messages = parse_messages(&body).map_err(|error| unreadable(&error));
        let mut messages: Vec<Message> = messages?;
        messages.sort_unstable_by_key(|message| message.id);
        Ok(messages)
    }

    /// The same, each with its JSON, which holds more than serenity reads.
    pub(crate) async fn messages_with_json(
        &self,
        call: &Call,
    ) -> Result<Vec<(Message, Value)>, Failed> {
        let messages: Vec<Value> = self.read(call).await?;
        let messages: Result<Vec<_>, _> = messages.into_iter().map(with_json).collect();
        let mut messages = messages?;
        messages.sort_unstable_by_key(|(message, _)| message.id);
        Ok(messages)
    }

    /// A message with its JSON.
    pub(crate) async fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<(Message, Value), Failed> {
        let call = Call::new(route::MESSAGE, &[&channel, &message]);
        with_json(self.read(&call).await?)
    }

    /// A channel, thread or direct-message channel. Rate limits are waited for however long they last, because nothing
    /// runs in a channel that is not known.
    pub(crate) async fn channel(&self, channel: ChannelId) -> Result<Channel, Failed> {
        let call = Call::new(route::CHANNEL, &[&channel]);
        self.read(&call.outlasts_limits()).await
    }

    /// Creates a public thread, from a message or without one. It has one try, because a second one might create another
    /// thread.
    pub(crate) async fn create_thread(
        &self,
        channel: ChannelId,
        message: Option<MessageId>,
        title: &str,
    ) -> Result<GuildChannel, Failed> {
        let thread = CreateThread::new(title).auto_archive_duration(AutoArchiveDuration::OneDay);
        let (call, thread) = match &message {
            Some(message) => (
                Call::new(route::CREATE_THREAD_FROM_MESSAGE, &[&channel, message]),
                thread,
            ),
            None => (
                Call::new(route::CREATE_THREAD, &[&channel]),
                thread.kind(ChannelType::PublicThread),
            ),
        };
        self.read(&call.json(&thread).once(ONE_TRY)).await
    }

    /// The direct-message channel with a person, which Discord opens if there is none.
    pub(crate) async fn direct_message(&self, user: UserId) -> Result<ChannelId, Failed> {
        let call = Call::new(route::DIRECT_MESSAGE, &[]);
        let call = call.json(&json!({ "recipient_id": user }));
        let opened: PrivateChannel = self.read(&call).await?;
        Ok(opened.id.into())
    }

    /// A member of a guild; `None` if the person is no member any more.
    pub(crate) async fn member(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> Result<Option<PartialMember>, Failed> {
        let call = Call::new(route::MEMBER, &[&guild, &user]);
        match self.read(&call).await {
            Err(failed) if failed.status == Some(404) => Ok(None),
            member => member.map(Some),
        }
    }
}

fn with_json(json: Value) -> Result<(Message, Value), Failed> {
    let message = parse_messages(json.to_string().as_bytes());
    Ok((message.map_err(|error| unreadable(&error))?, json))
}

impl Call {
    /// A channel's messages after one, or its newest ones: at most `limit` (1 to 100). For [`Rest::messages`].
    pub(crate) fn messages(channel: ChannelId, after: Option<MessageId>, limit: u8) -> Self {
        let call = Self::new(route::MESSAGES, &[&channel]).query("limit", limit);
        match after {
            Some(after) => call.query("after", after),
            None => call,
        }
    }

    /// Adds the bot's reaction with a Unicode emoji, or removes it.
    pub(crate) fn reaction(channel: ChannelId, message: MessageId, emoji: &str, on: bool) -> Self {
        let route = if on {
            route::ADD_REACTION
        } else {
            route::REMOVE_REACTION
        };
        let emoji = ReactionType::Unicode(emoji.to_owned()).as_data();
        Self::new(route, &[&channel, &message, &emoji])
    }
}
