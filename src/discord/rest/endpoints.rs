//! The calls that the bot makes, one function each (Discord developer docs, "API reference").

use data_encoding::HEXUPPER;
use reqwest::Method;
use serde::Deserialize;
use serenity::all::{
    Channel, CreateCommand, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateMessage, CreateThread, CurrentApplicationInfo, EditMessage, EditThread, GuildChannel,
    Message, PrivateChannel,
};

use super::{Call, Failed, Rest, call::Route};
use crate::{
    chat::PostFile,
    discord::session_start::SessionStartLimit,
    snowflake::{ChannelId, MessageId, UserId},
};

/// Reading and writing have limits of their own, so that the method is part of the name.
const MESSAGES: &str = "POST /channels/{channel}/messages";
const READ_MESSAGES: &str = "GET /channels/{channel}/messages";
const MESSAGE: &str = "PATCH /channels/{channel}/messages/{message}";
const DELETE_MESSAGE: &str = "DELETE /channels/{channel}/messages/{message}";
const READ_MESSAGE: &str = "GET /channels/{channel}/messages/{message}";

/// The most messages that one call gives.
const MOST_MESSAGES: u8 = 100;

/// Where the gateway is, and how many sessions may be started there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::discord) struct GatewayBot {
    /// `wss://...`, without a query.
    pub(in crate::discord) url: String,
    pub(in crate::discord) session_start_limit: SessionStartLimit,
}

/// What is asked for.
impl Rest {
    /// Who the bot is, and who owns it.
    pub(in crate::discord) async fn application(&self) -> Result<CurrentApplicationInfo, Failed> {
        let path = "/oauth2/applications/@me";
        let call = Call::new("login", Method::GET, path, &"", path.to_owned());
        self.read(&call.once(super::client::ONE_TRY)).await
    }

    /// Where the gateway is.
    pub(in crate::discord) async fn gateway(&self) -> Result<GatewayBot, Failed> {
        let path = "/gateway/bot";
        let call = Call::new("gateway's address", Method::GET, path, &"", path.to_owned());
        self.read(&call.once(super::client::ONE_TRY)).await
    }

    /// Registers these slash commands in place of all others.
    pub(in crate::discord) async fn put_commands(
        &self,
        application: u64,
        commands: &[CreateCommand],
    ) -> Result<(), Failed> {
        let path = format!("/applications/{application}/commands");
        let name = "/applications/{application}/commands";
        let call = Call::new("slash commands", Method::PUT, name, &application, path);
        self.send(&call.json(&commands)).await.map(drop)
    }

    /// The last messages of a channel, or the last before one: oldest first, at most `limit` (1 to 100) of them.
    pub(in crate::discord) async fn messages_before(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<Message>, Failed> {
        let limit = limit.clamp(1, MOST_MESSAGES);
        let before = before.map_or(String::new(), |id| format!("&before={id}"));
        let path = format!("/channels/{channel}/messages?limit={limit}{before}");
        let call = Call::new("messages", Method::GET, READ_MESSAGES, &channel, path);
        let call = call.of_channel(channel).once(super::client::ONE_TRY);
        Ok(oldest_first(self.read(&call).await?))
    }

    /// The direct-message channel with a person; opened if there is none.
    pub(in crate::discord) async fn open_direct_message(
        &self,
        user: UserId,
    ) -> Result<ChannelId, Failed> {
        let path = "/users/@me/channels";
        let call = Call::new("direct message", Method::POST, path, &"", path.to_owned());
        let body = serde_json::json!({ "recipient_id": user });
        let opened: PrivateChannel = self.read(&call.json(&body)).await?;
        Ok(ChannelId(opened.id.get()))
    }

    /// Creates a thread, from a message or without one.
    pub(in crate::discord) async fn create_thread(
        &self,
        channel: ChannelId,
        message: Option<MessageId>,
        thread: CreateThread<'_>,
    ) -> Result<GuildChannel, Failed> {
        let (name, path, thread) = match message {
            Some(message) => (
                "/channels/{channel}/messages/{message}/threads",
                format!("/channels/{channel}/messages/{message}/threads"),
                thread,
            ),
            None => (
                "/channels/{channel}/threads",
                format!("/channels/{channel}/threads"),
                thread.kind(serenity::all::ChannelType::PublicThread),
            ),
        };
        let call = Call::new("thread", Method::POST, name, &channel, path).of_channel(channel);
        self.read(&call.json(&thread)).await
    }

    /// As [`messages_after`](Self::messages_after), tried once.
    pub(in crate::discord) async fn look_after(
        &self,
        channel: ChannelId,
        after: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<Message>, Failed> {
        let call = messages(channel, after, limit).once(super::client::ONE_TRY);
        Ok(oldest_first(self.read(&call).await?))
    }

    /// A channel's messages after one, or its last ones: oldest first, at most `limit` (1 to 100) of them.
    pub(in crate::discord) async fn messages_after(
        &self,
        channel: ChannelId,
        after: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<Message>, Failed> {
        let call = messages(channel, after, limit);
        Ok(oldest_first(self.read(&call).await?))
    }

    /// As [`messages_after`](Self::messages_after), however long limits last.
    pub(in crate::discord) async fn messages_after_limits(
        &self,
        channel: ChannelId,
        after: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<Message>, Failed> {
        let call = messages(channel, after, limit).outlasts_limits();
        Ok(oldest_first(self.read(&call).await?))
    }

    /// One message.
    pub(in crate::discord) async fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<Message, Failed> {
        let path = format!("/channels/{channel}/messages/{message}");
        let call = Call::new("message", Method::GET, READ_MESSAGE, &channel, path);
        self.read(&call.of_channel(channel)).await
    }

    /// A channel, thread or direct message channel, however long limits last: nothing is run where that is not known.
    pub(in crate::discord) async fn channel(&self, channel: ChannelId) -> Result<Channel, Failed> {
        let path = format!("/channels/{channel}");
        let call = Call::new(
            "channel",
            Method::GET,
            "/channels/{channel}",
            &channel,
            path,
        );
        self.read(&call.of_channel(channel).outlasts_limits()).await
    }
}

fn messages(channel: ChannelId, after: Option<MessageId>, limit: u8) -> Call {
    let limit = limit.clamp(1, MOST_MESSAGES);
    let after = after.map_or(String::new(), |id| format!("&after={id}"));
    let path = format!("/channels/{channel}/messages?limit={limit}{after}");
    Call::new("messages", Method::GET, READ_MESSAGES, &channel, path).of_channel(channel)
}

/// Discord gives the newest first.
fn oldest_first(mut messages: Vec<Message>) -> Vec<Message> {
    messages.sort_unstable_by_key(|message| message.id);
    messages
}

/// What is said. These are for [`Rest::send`]; the patience of each is its caller's choice.
impl Call {
    /// Creates a message with files.
    pub(in crate::discord) fn create_message(
        channel: ChannelId,
        message: &CreateMessage,
        files: &[PostFile],
    ) -> Self {
        let path = format!("/channels/{channel}/messages");
        let call = Self::new("message", Method::POST, MESSAGES, &channel, path);
        call.of_channel(channel).json(message).files(files)
    }

    /// Edits a message of the bot's, and adds files to it.
    pub(in crate::discord) fn edit_message(
        channel: ChannelId,
        message: MessageId,
        edit: &EditMessage,
        files: &[PostFile],
    ) -> Self {
        let path = format!("/channels/{channel}/messages/{message}");
        let call = Self::new("edit", Method::PATCH, MESSAGE, &channel, path);
        call.of_channel(channel).json(edit).files(files)
    }

    /// Deletes a message of the bot's.
    pub(in crate::discord) fn delete_message(channel: ChannelId, message: MessageId) -> Self {
        let path = format!("/channels/{channel}/messages/{message}");
        let call = Self::new("deletion", Method::DELETE, DELETE_MESSAGE, &channel, path);
        call.of_channel(channel)
    }

    /// The routes by which messages of a channel are created, edited and deleted.
    pub(in crate::discord) fn message_routes(channel: ChannelId) -> [Route; 3] {
        [MESSAGES, MESSAGE, DELETE_MESSAGE].map(|name| Route {
            name,
            major: channel.to_string(),
            global: true,
        })
    }

    /// Puts a reaction of the bot's on a message, or takes it off. `emoji` is a Unicode emoji.
    pub(in crate::discord) fn reaction(
        channel: ChannelId,
        message: MessageId,
        emoji: &str,
        on: bool,
    ) -> Self {
        let hex = HEXUPPER.encode(emoji.as_bytes());
        let bytes = hex.as_bytes().chunks(2);
        let emoji: String = bytes
            .flat_map(|byte| [b"%", byte].concat())
            .map(char::from)
            .collect();
        let path = format!("/channels/{channel}/messages/{message}/reactions/{emoji}/@me");
        let name = "/channels/{channel}/messages/{message}/reactions/{emoji}/@me";
        let method = if on { Method::PUT } else { Method::DELETE };
        Self::new("reaction", method, name, &channel, path).of_channel(channel)
    }

    /// Changes a thread.
    pub(in crate::discord) fn edit_thread(thread: ChannelId, edit: &EditThread<'_>) -> Self {
        let path = format!("/channels/{thread}");
        let name = "PATCH /channels/{channel}";
        let call = Self::new("thread", Method::PATCH, name, &thread, path);
        call.of_channel(thread).json(edit)
    }

    /// Shows "is typing" for 10 s.
    pub(in crate::discord) fn typing(channel: ChannelId) -> Self {
        let path = format!("/channels/{channel}/typing");
        let name = "/channels/{channel}/typing";
        Self::new("typing", Method::POST, name, &channel, path).of_channel(channel)
    }

    /// The first reply to an interaction.
    pub(in crate::discord) fn respond(
        interaction: u64,
        token: &str,
        response: &CreateInteractionResponse,
    ) -> Self {
        let path = format!("/interactions/{interaction}/{token}/callback");
        let name = "/interactions/{interaction}/{token}/callback";
        let call = Self::new(
            "reply to an interaction",
            Method::POST,
            name,
            &interaction,
            path,
        );
        call.by_path().json(response)
    }

    /// A later reply to an interaction.
    pub(in crate::discord) fn follow_up(
        application: u64,
        token: &str,
        followup: &CreateInteractionResponseFollowup,
    ) -> Self {
        let path = format!("/webhooks/{application}/{token}");
        let name = "/webhooks/{application}/{token}";
        let call = Self::new("reply to an interaction", Method::POST, name, &token, path);
        call.by_path().json(followup)
    }
}
