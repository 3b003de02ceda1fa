//! The calls that the bot makes, one function each (Discord developer docs, "API reference").

use reqwest::Method;
use serde::Deserialize;
use serenity::all::{
    Channel, CreateCommand, CreateInteractionResponse, CreateMessage, CurrentApplicationInfo,
    EditInteractionResponse, EditMessage, Message,
};

use super::{Call, Failed, Rest};
use crate::{
    discord::session_start::SessionStartLimit,
    snowflake::{ChannelId, MessageId},
};

/// Reading and writing have limits of their own, so that the method is part of the name.
const MESSAGES: &str = "POST /channels/{channel}/messages";
const READ_MESSAGES: &str = "GET /channels/{channel}/messages";
const MESSAGE: &str = "PATCH /channels/{channel}/messages/{message}";
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
    /// Creates a message.
    pub(in crate::discord) fn create_message(channel: ChannelId, message: &CreateMessage) -> Self {
        let path = format!("/channels/{channel}/messages");
        let call = Self::new("message", Method::POST, MESSAGES, &channel, path);
        call.of_channel(channel).json(message)
    }

    /// Edits a message of the bot's.
    pub(in crate::discord) fn edit_message(
        channel: ChannelId,
        message: MessageId,
        edit: &EditMessage,
    ) -> Self {
        let path = format!("/channels/{channel}/messages/{message}");
        let call = Self::new("edit", Method::PATCH, MESSAGE, &channel, path);
        call.of_channel(channel).json(edit)
    }

    /// Shows "is typing" for 10 s.
    pub(in crate::discord) fn typing(channel: ChannelId) -> Self {
        let path = format!("/channels/{channel}/typing");
        let name = "/channels/{channel}/typing";
        Self::new("typing", Method::POST, name, &channel, path).of_channel(channel)
    }

    /// The first answer to an interaction.
    pub(in crate::discord) fn respond(
        interaction: u64,
        token: &str,
        response: &CreateInteractionResponse,
    ) -> Self {
        let path = format!("/interactions/{interaction}/{token}/callback");
        let name = "/interactions/{interaction}/{token}/callback";
        let call = Self::new(
            "slash command's acknowledgement",
            Method::POST,
            name,
            &interaction,
            path,
        );
        call.by_path().json(response)
    }

    /// Fills in or replaces the first answer to an interaction.
    pub(in crate::discord) fn edit_response(
        application: u64,
        channel: ChannelId,
        token: &str,
        edit: &EditInteractionResponse,
    ) -> Self {
        let path = format!("/webhooks/{application}/{token}/messages/@original");
        let name = "/webhooks/{application}/{token}/messages/@original";
        let call = Self::new("slash command's answer", Method::PATCH, name, &token, path);
        call.of_channel(channel).by_path().json(edit)
    }
}
