//! What a chat service tells the channels.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{OpId, PostKey};
use crate::{
    external::Context,
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// Something that happened in the chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChatEvent {
    /// A message was sent.
    Message {
        /// The message.
        message: Box<ChatMessage>,
        /// How it was delivered.
        delivery: Delivery,
    },
    /// Messages that were sent while the bot was away and are too old, or too many, to be answered.
    MessagesSkipped {
        /// The newest of them.
        last: Box<ChatMessage>,
        /// How many there are.
        count: usize,
    },
    /// It could not be found out which messages were sent while the bot was away.
    BackfillFailed {
        /// Where.
        place: Place,
    },
    /// A message was edited.
    MessageEdited(Box<MessageEdit>),
    /// Messages were deleted.
    MessagesDeleted {
        /// Where.
        place: Place,
        /// The messages.
        messages: Vec<MessageId>,
    },
    /// A slash command was used.
    Command {
        /// Where.
        place: Place,
        /// Who used it.
        author: Author,
        /// The handle to reply with.
        interaction: Interaction,
        /// The command's name.
        name: String,
        /// Its options, by name.
        options: Vec<(String, String)>,
    },
    /// Somebody is typing a slash command and wants suggestions for one of its options.
    Autocomplete {
        /// Where.
        place: Place,
        /// Who types.
        author: Author,
        /// The handle to reply with.
        interaction: Interaction,
        /// The command's name.
        command: String,
        /// The option's name.
        option: String,
        /// What has been typed of its value.
        typed: String,
    },
    /// A button was pressed, or a menu's options were chosen.
    Press {
        /// Where.
        place: Place,
        /// Who pressed it.
        author: Author,
        /// The handle to reply with.
        interaction: Interaction,
        /// The message that holds the control.
        message: MessageId,
        /// The control's id as it was sent; see [`ControlId`](super::ControlId).
        custom_id: String,
        /// The options that were chosen; empty for a button.
        values: Vec<String>,
    },
    /// A form was submitted.
    FormSubmitted {
        /// Where.
        place: Place,
        /// Who submitted it.
        author: Author,
        /// The handle to reply with.
        interaction: Interaction,
        /// The form's id as it was sent.
        custom_id: String,
        /// Its fields, by id.
        fields: Vec<(String, String)>,
    },
    /// Somebody is typing.
    Typing {
        /// Where.
        place: Place,
        /// Who.
        user: UserId,
    },
    /// A channel or a thread was created, changed, archived or deleted, or is told of for the first time.
    Channel {
        /// The channel, as it is now.
        place: Place,
        /// What happened to it.
        change: ChannelChange,
    },
    /// What the bot may do has changed: in one channel, or in all channels of the guild.
    PermissionsChanged {
        /// The channel, if it is one.
        channel: Option<ChannelId>,
        /// The guild.
        guild: GuildId,
    },
    /// The connection to the chat service is there.
    Connected {
        /// The bot's own user.
        bot: UserId,
        /// Whether events may have been missed since the last connection.
        resumed: bool,
    },
    /// The connection to the chat service is lost.
    Disconnected,
    /// The newest version of a post stands in the channel.
    Posted {
        /// The channel.
        channel: ChannelId,
        /// The post.
        key: PostKey,
        /// Its messages, in order.
        messages: Vec<MessageId>,
    },
    /// The newest version of a post will not stand in the channel, or not all of it.
    PostFailed {
        /// The channel.
        channel: ChannelId,
        /// The post.
        key: PostKey,
        /// Those of its messages that stand there, in order.
        messages: Vec<MessageId>,
        /// Why.
        why: PostFailure,
    },
    /// The result of an operation that has one.
    OpDone {
        /// The channel that the operation was for.
        channel: ChannelId,
        /// The operation's id.
        id: OpId,
        /// What came of it.
        result: Result<OpResult, OpError>,
    },
}

impl ChatEvent {
    /// The place that the event names, if it names one in full.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Message { message, .. } | Self::MessagesSkipped { last: message, .. } => {
                Some(&message.place)
            }
            Self::MessageEdited(edit) => Some(&edit.place),
            Self::BackfillFailed { place }
            | Self::MessagesDeleted { place, .. }
            | Self::Command { place, .. }
            | Self::Autocomplete { place, .. }
            | Self::Press { place, .. }
            | Self::FormSubmitted { place, .. }
            | Self::Typing { place, .. }
            | Self::Channel { place, .. } => Some(place),
            Self::PermissionsChanged { .. }
            | Self::Connected { .. }
            | Self::Disconnected
            | Self::Posted { .. }
            | Self::PostFailed { .. }
            | Self::OpDone { .. } => None,
        }
    }
}

impl ChatEvent {
    /// The interaction that waits for a reply, if the event is one.
    #[must_use]
    pub fn interaction(&self) -> Option<&Interaction> {
        match self {
            Self::Command { interaction, .. }
            | Self::Autocomplete { interaction, .. }
            | Self::Press { interaction, .. }
            | Self::FormSubmitted { interaction, .. } => Some(interaction),
            _ => None,
        }
    }
}

/// Where something happens. Names are as their owners chose them; they are cleaned where they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// A text channel, a thread or a direct-message channel.
    pub channel: ChannelId,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// The channel that a thread belongs to; `None` for what is no thread.
    pub parent: Option<ChannelId>,
    /// The channel's name, or the thread's title.
    pub name: Option<String>,
    /// The guild's name.
    pub guild_name: Option<String>,
}

impl Place {
    /// A direct-message channel, or a channel of which nothing else is known.
    #[must_use]
    pub fn channel(channel: ChannelId) -> Self {
        Self {
            channel,
            guild: None,
            parent: None,
            name: None,
            guild_name: None,
        }
    }
}

/// Who did something, as the chat service describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Their id.
    pub id: UserId,
    /// Their name as others see it there.
    pub name: String,
    /// Their roles in the guild.
    pub roles: Vec<RoleId>,
    /// Whether the service marks them as a bot.
    pub is_bot: bool,
    /// Whether they are a webhook.
    pub is_webhook: bool,
}

/// A message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Its id.
    pub id: MessageId,
    /// Where.
    pub place: Place,
    /// Who wrote it.
    pub author: Author,
    /// What was written.
    pub text: String,
    /// Whether it mentions the bot. A reply does so unless its author turned the ping off.
    pub mentions_bot: bool,
    /// Whether it replies to the bot.
    pub replies_to_bot: bool,
    /// What the text goes with: a quoted message, forwarded ones, files.
    pub context: Box<Context>,
    /// Whether it holds something that Claude is not shown: stickers, embeds, a poll.
    pub has_other_content: bool,
}

impl fmt::Debug for ChatMessage {
    /// Without the text: a person's words do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatMessage")
            .field("id", &self.id)
            .field("place", &self.place)
            .field("author", &self.author)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish_non_exhaustive()
    }
}

/// An edit of a message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageEdit {
    /// The message.
    pub id: MessageId,
    /// Where.
    pub place: Place,
    /// Who wrote it, where the service says so.
    pub author: Option<Author>,
    /// The new text; `None` where it is the same.
    pub text: Option<String>,
    /// When it was edited; `None` where nobody edited it (a preview was added to it).
    pub edited_at: Option<DateTime<Utc>>,
    /// Whether it mentions the bot now; `None` where that is the same.
    pub mentions_bot: Option<bool>,
}

impl fmt::Debug for MessageEdit {
    /// Without the text, as for [`ChatMessage`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageEdit")
            .field("id", &self.id)
            .field("place", &self.place)
            .field("edited_at", &self.edited_at)
            .finish_non_exhaustive()
    }
}

/// How a message was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// When it was sent, after everything that was sent before it.
    Live,
    /// When it was sent, while it is not known yet what was sent between an earlier message and this one.
    LiveAhead {
        /// The message up to which everything is known.
        after: MessageId,
    },
    /// Later: it was sent while the bot was away.
    Backfill,
}

/// The handle of a slash command, a press or a form. It is a credential for 15 minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id, a snowflake: interactions and messages share one space of ids.
    pub id: u64,
    /// The token that a reply is authorized with.
    pub token: String,
    /// Until when it may be acknowledged (Discord developer docs: 3 seconds).
    pub deadline: DateTime<Utc>,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interaction({}, ..)", self.id)
    }
}

/// What happened to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelChange {
    /// It exists: it was created, or is told of for the first time.
    Created,
    /// Its name, topic or settings have changed.
    Changed,
    /// It is a thread that was archived.
    Archived,
    /// It was deleted.
    Deleted,
}

/// Why a post does not stand in the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostFailure {
    /// The service refused it for good: the bot may not write there, or the content is not accepted.
    Refused,
    /// The channel is gone.
    ChannelGone,
    /// The bot is shutting down, or its token was refused: the next start may succeed.
    ShuttingDown,
}

/// What an operation gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpResult {
    /// The message that was fetched.
    Message(Box<ChatMessage>),
    /// Messages of the channel, oldest first.
    History(Vec<ChatMessage>),
    /// The thread that was created.
    ThreadCreated(Place),
    /// The direct-message channel with a person.
    DirectMessage(ChannelId),
}

/// Why an operation gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpError {
    /// What was asked for does not exist any more.
    NotFound,
    /// The bot may not do that.
    Forbidden,
    /// It failed, and may succeed later.
    Failed,
}
