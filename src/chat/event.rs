//! What a chat service tells the channels.
#![expect(missing_docs, reason = "a plain field's name says what it holds")]

use std::fmt;

use chrono::{DateTime, Utc};

use super::{OpId, PostKey};
use crate::{
    external::Context,
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// Something that happened in the chat.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    Message {
        message: Box<ChatMessage>,
        delivery: Delivery,
    },
    /// While the bot was away, messages were sent that are too old, or too many, to be answered.
    MessagesSkipped {
        /// The newest of them.
        last: Box<ChatMessage>,
        count: usize,
    },
    /// The service did not say which messages were sent while the bot was away.
    BackfillFailed { place: Place },
    /// A slash command was used.
    Command {
        place: Place,
        author: Author,
        interaction: Interaction,
        name: String,
        /// Names and values.
        options: Vec<(String, String)>,
    },
    /// A button was pressed, or options of a menu were chosen.
    Press {
        place: Place,
        author: Author,
        interaction: Interaction,
        /// The message that holds the control.
        message: MessageId,
        /// The control's id as the service returned it; see [`ControlId`](super::ControlId).
        custom_id: String,
    },
    /// The service has begun a session with the bot, which is this user.
    Connected { bot: UserId },
    /// The newest version of a post is in the channel.
    Posted {
        channel: ChannelId,
        key: PostKey,
        /// In the order of the pages.
        messages: Vec<MessageId>,
    },
    /// The newest version of a post will not be in the channel, or only in part.
    PostFailed {
        channel: ChannelId,
        key: PostKey,
        /// The messages of the post that are in the channel, in the order of the pages.
        messages: Vec<MessageId>,
        why: PostFailure,
    },
    /// The message that [`ChatOp::FetchMessage`](super::ChatOp::FetchMessage) asked for.
    MessageFetched {
        channel: ChannelId,
        id: OpId,
        result: Result<Box<ChatMessage>, FetchError>,
    },
}

/// Where something happens. Names are as their owners chose them; whoever shows them cleans them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A text channel, a thread or a direct-message channel.
    pub channel: ChannelId,
    /// `None` in a direct message.
    pub guild: Option<GuildId>,
    /// The channel that a thread belongs to; `None` for anything but a thread.
    pub parent: Option<ChannelId>,
    /// The channel's name, or the thread's title.
    pub name: Option<String>,
    pub guild_name: Option<String>,
}

impl Place {
    /// A direct-message channel, or a channel of which only the id is known.
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

/// A person, bot or webhook, as the chat service describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub id: UserId,
    /// The name that others see in that guild.
    pub name: String,
    /// Roles in that guild.
    pub roles: Vec<RoleId>,
    /// Whether the service marks the author as a bot.
    pub is_bot: bool,
    pub is_webhook: bool,
}

#[derive(Clone, PartialEq)]
pub struct ChatMessage {
    pub id: MessageId,
    pub place: Place,
    pub author: Author,
    pub text: String,
    /// Whether it mentions the bot. A reply does so unless its author turned the ping off.
    pub mentions_bot: bool,
    pub replies_to_bot: bool,
    /// What belongs to the text: a quoted message, forwarded messages, files.
    pub context: Box<Context>,
    /// Whether it holds something that Claude is not shown: stickers, embeds, a poll.
    pub has_other_content: bool,
}

impl fmt::Debug for ChatMessage {
    /// Leaves the text out: a person's words do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatMessage")
            .field("id", &self.id)
            .field("place", &self.place)
            .field("author", &self.author)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish_non_exhaustive()
    }
}

/// How a message was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// When it was sent, after everything that was sent before it.
    Live,
    /// When it was sent, but messages between `after` and this one may still be missing.
    LiveAhead { after: MessageId },
    /// Later: it was sent while the bot was away.
    Backfill,
}

/// The handle of a slash command or a press. It is a credential for 15 minutes.
#[derive(Clone, PartialEq, Eq)]
pub struct Interaction {
    /// A snowflake: interactions and messages share one space of ids.
    pub id: u64,
    /// Authorizes replies.
    pub token: String,
    /// The latest time for the first reply (Discord developer docs: 3 seconds).
    pub deadline: DateTime<Utc>,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interaction({}, ..)", self.id)
    }
}

/// Why a post is not in the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostFailure {
    /// The service refused it for good: the bot may not write there, or the content is not accepted.
    Refused,
    ChannelGone,
    /// The bot is shutting down, or its token was refused: the next start may succeed.
    ShuttingDown,
}

/// Why a message could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchError {
    /// The message or its channel does not exist any more.
    NotFound,
    /// The bot may not read it, or the service did not answer.
    Failed,
}
