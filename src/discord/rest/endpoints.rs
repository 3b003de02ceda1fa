//! Every call that the bot makes (Discord developer docs, "API reference").

use std::time::Duration;

use serde::Deserialize;
use serenity::all::{
    Channel, CreateCommand, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateMessage, CurrentApplicationInfo, EditMessage, Message, PartialMember,
};

use super::{Call, Failed, Rest, call::Route, client::ONE_TRY};
use crate::{
    chat::PostFile,
    discord::session_start::SessionStartLimit,
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

const CREATE_MESSAGE: &str = "POST /channels/{channel}/messages";
const EDIT_MESSAGE: &str = "PATCH /channels/{channel}/messages/{message}";
const DELETE_MESSAGE: &str = "DELETE /channels/{channel}/messages/{message}";

/// Where the gateway is, and how many sessions may be started there.
#[derive(Debug, Deserialize)]
pub(crate) struct GatewayBot {
    /// `wss://...`, without a query.
    pub(crate) url: String,
    pub(crate) session_start_limit: SessionStartLimit,
}

/// What the bot reads or registers.
impl Rest {
    pub(crate) async fn application(&self) -> Result<CurrentApplicationInfo, Failed> {
        let call = Call::new("GET /oauth2/applications/@me", &[]);
        self.read(&call.once(ONE_TRY)).await
    }

    pub(crate) async fn gateway(&self) -> Result<GatewayBot, Failed> {
        let call = Call::new("GET /gateway/bot", &[]);
        self.read(&call.once(ONE_TRY)).await
    }

    /// Registers these slash commands in place of all others.
    pub(crate) async fn put_commands(
        &self,
        application: u64,
        commands: &[CreateCommand],
    ) -> Result<(), Failed> {
        let call = Call::new("PUT /applications/{application}/commands", &[&application]);
        self.send(&call.json(&commands)).await.map(drop)
    }

    /// Sends a call of [`Call::messages`]; returns its messages, oldest first.
    pub(crate) async fn messages(&self, call: &Call) -> Result<Vec<Message>, Failed> {
        let mut messages: Vec<Message> = self.read(call).await?;
        messages.sort_unstable_by_key(|message| message.id);
        Ok(messages)
    }

    pub(crate) async fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<Message, Failed> {
        let route = "GET /channels/{channel}/messages/{message}";
        let call = Call::new(route, &[&channel, &message]);
        self.read(&call).await
    }

    /// A channel, thread or direct-message channel. Rate limits are waited for however long they last, because nothing
    /// runs in a channel that is not known.
    pub(crate) async fn channel(&self, channel: ChannelId) -> Result<Channel, Failed> {
        let call = Call::new("GET /channels/{channel}", &[&channel]);
        self.read(&call.outlasts_limits()).await
    }

    /// A member of a guild; `None` if the person is no member any more.
    pub(crate) async fn member(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> Result<Option<PartialMember>, Failed> {
        let call = Call::new("GET /guilds/{guild}/members/{user}", &[&guild, &user]);
        match self.read(&call).await {
            Err(failed) if failed.status == Some(404) => Ok(None),
            member => member.map(Some),
        }
    }
}

/// What the bot says, for [`Rest::send`].
impl Call {
    /// How long one try may take; for [`Call::once`].
    pub(crate) const ONE_TRY: Duration = ONE_TRY;

    /// A channel's messages after one, or its newest ones: at most `limit` (1 to 100). For [`Rest::messages`].
    pub(crate) fn messages(channel: ChannelId, after: Option<MessageId>, limit: u8) -> Self {
        let mut call = Self::new("GET /channels/{channel}/messages", &[&channel]);
        let after = after.map_or(String::new(), |id| format!("&after={id}"));
        call.path = format!("{}?limit={limit}{after}", call.path);
        call
    }

    pub(crate) fn create_message(
        channel: ChannelId,
        message: &CreateMessage,
        files: &[PostFile],
    ) -> Self {
        let call = Self::new(CREATE_MESSAGE, &[&channel]);
        call.json(message).files(files)
    }

    /// Edits a message of the bot's, and adds files to it.
    pub(crate) fn edit_message(
        channel: ChannelId,
        message: MessageId,
        edit: &EditMessage,
        files: &[PostFile],
    ) -> Self {
        let call = Self::new(EDIT_MESSAGE, &[&channel, &message]);
        call.json(edit).files(files)
    }

    pub(crate) fn delete_message(channel: ChannelId, message: MessageId) -> Self {
        Self::new(DELETE_MESSAGE, &[&channel, &message])
    }

    /// The routes that create, edit and delete messages of a channel.
    pub(crate) fn message_routes(channel: ChannelId) -> [Route; 3] {
        [CREATE_MESSAGE, EDIT_MESSAGE, DELETE_MESSAGE].map(|name| Route::of_channel(name, channel))
    }

    /// Shows "is typing" for 10 s.
    pub(crate) fn typing(channel: ChannelId) -> Self {
        Self::new("POST /channels/{channel}/typing", &[&channel])
    }

    /// The first reply to an interaction.
    pub(crate) fn respond(
        interaction: u64,
        token: &str,
        response: &CreateInteractionResponse,
    ) -> Self {
        let route = "POST /interactions/{interaction}/{token}/callback";
        let call = Self::new(route, &[&interaction, &token]);
        call.by_path().json(response)
    }

    /// A later reply to an interaction.
    pub(crate) fn follow_up(
        application: u64,
        token: &str,
        followup: &CreateInteractionResponseFollowup,
    ) -> Self {
        let call = Self::new(
            "POST /webhooks/{application}/{token}",
            &[&application, &token],
        );
        call.by_path().json(followup)
    }
}
