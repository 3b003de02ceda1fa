//! What a chat service tells the channels.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{OpId, PostKey};
use crate::{
    external::{Context, Named},
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// Something that happened in the chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChatEvent {
    Message {
        message: Box<ChatMessage>,
        delivery: Delivery,
    },
    /// A message of the bot's own, after all that were sent in the channel before it.
    OwnMessage {
        channel: ChannelId,
        message: MessageId,
    },
    /// While the bot was away, messages were sent that are too old, or too many, to be answered.
    MessagesSkipped {
        /// The newest of them.
        last: Box<ChatMessage>,
        count: usize,
    },
    /// The service did not say which messages were sent while the bot was away.
    BackfillFailed {
        place: Place,
    },
    MessageEdited(Box<MessageEdit>),
    MessagesDeleted {
        place: Place,
        messages: Vec<MessageId>,
    },
    /// Somebody used a slash command, a control or a form of the bot's, and waits for a reply.
    Interaction {
        place: Place,
        author: Author,
        interaction: Interaction,
        kind: InteractionKind,
    },
    /// Somebody is typing a message.
    Typing {
        place: Place,
        /// In a direct message only the id is known.
        author: Author,
    },
    /// A channel or thread, as it is after the change.
    Channel {
        place: Place,
        change: ChannelChange,
    },
    /// The bot's permissions may have changed.
    PermissionsChanged {
        guild: GuildId,
        /// `None` stands for all channels of the guild.
        channel: Option<ChannelId>,
    },
    /// The answer to [`TryPosting`](super::ChatOp::TryPosting).
    Unblocked {
        channel: ChannelId,
        may_post: bool,
    },
    /// The service is connected to the bot, which is this user. There may be several connections.
    Connected {
        bot: UserId,
        /// Whether the service delivers what happened since the last connection. Otherwise only missed messages are
        /// fetched, and other events are lost.
        resumed: bool,
    },
    /// A connection to the service is lost.
    Disconnected,
    /// What has become of the newest version of a post.
    Posted {
        channel: ChannelId,
        key: PostKey,
        /// The messages of the post that are in the channel, in the order of the pages.
        messages: Vec<MessageId>,
        state: PostState,
    },
    /// The result of the operation with this id.
    OpDone {
        /// The operation's.
        channel: ChannelId,
        id: OpId,
        result: Result<OpResult, OpError>,
    },
}

/// Where something happens. Names are as their owners chose them; whoever shows them cleans them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// A text channel, a thread or a direct-message channel.
    pub channel: ChannelId,
    /// `None` in a direct message.
    pub guild: Option<GuildId>,
    /// The channel that a thread belongs to; `None` for anything but a thread.
    pub parent: Option<ChannelId>,
    /// Whether it is a private thread, which only its members read.
    pub is_private: bool,
    /// The channel's name, or the thread's title.
    pub name: Option<String>,
    /// The tags of a forum post; `None` for anything else.
    pub tags: Option<Vec<String>>,
    pub guild_name: Option<String>,
}

impl Place {
    /// A direct-message channel, or a channel of which only the id is known.
    pub fn channel(channel: ChannelId) -> Self {
        Self {
            channel,
            guild: None,
            parent: None,
            is_private: false,
            name: None,
            tags: None,
            guild_name: None,
        }
    }
}

/// A person, bot or webhook, as the chat service describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub id: MessageId,
    pub place: Place,
    pub author: Author,
    pub text: String,
    /// Whether it mentions the bot, or the role that the bot has to itself. A reply does so unless its author turned the ping off.
    pub mentions_bot: bool,
    pub replies_to_bot: bool,
    /// What belongs to the text: a quoted message, forwarded messages, files.
    pub context: Box<Context>,
    /// The role that the bot has to itself, if it is mentioned.
    pub bot_role: Option<RoleId>,
    /// Whether it holds something besides text, files and forwarded messages.
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

/// A change of a message. What is `None` is as before, or the service does not tell.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageEdit {
    pub id: MessageId,
    pub place: Place,
    pub author: Option<Author>,
    pub text: Option<String>,
    /// `None` if its author did not edit it: the service added a preview, for instance.
    pub edited_at: Option<DateTime<Utc>>,
    pub mentions_bot: Option<bool>,
    /// Who the ids in the text name.
    pub names: Vec<Named>,
}

impl fmt::Debug for MessageEdit {
    /// Leaves the text out, as for [`ChatMessage`].
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
    /// When it was sent, but messages between `after` and this one may still be missing.
    LiveAhead { after: MessageId },
    /// Later: it was sent while the bot was away.
    Backfill,
}

/// The handle of a slash command, a press or a form. It is a credential for 15 minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// A snowflake: interactions and messages share one space of ids.
    pub id: u64,
    /// Authorizes replies.
    pub token: String,
    /// The latest time for the first reply (Discord developer docs: 3 seconds).
    pub deadline: DateTime<Utc>,
}

impl Interaction {
    /// One that did not come from the chat service, so that no reply goes there.
    pub(crate) fn at_the_dashboard(id: u64) -> Self {
        Self {
            id,
            token: String::new(),
            deadline: DateTime::<Utc>::MAX_UTC,
        }
    }

    pub(crate) fn is_at_the_dashboard(&self) -> bool {
        self.token.is_empty()
    }
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interaction({}, ..)", self.id)
    }
}

/// What happened to a channel or thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelChange {
    /// It is new, or the service describes it for the first time.
    Created,
    Changed,
    /// Only threads are archived.
    Archived,
    Deleted,
}

/// What somebody did who waits for a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionKind {
    /// A slash command was used.
    Command {
        name: String,
        /// Names and values.
        options: Vec<(String, String)>,
    },
    /// A command in the context menu of a message was used.
    MessageCommand {
        name: String,
        message: Box<ChatMessage>,
        /// Where the message is found.
        link: String,
    },
    /// Somebody is typing a slash command and wants suggestions for one of its options.
    Autocomplete {
        command: String,
        option: String,
        /// What they have typed of the option's value.
        typed: String,
    },
    /// A button was pressed, or options of a menu were chosen.
    Press {
        /// The message that holds the control.
        message: MessageId,
        /// The control's id as the service returned it; see [`ControlId`](super::ControlId).
        custom_id: String,
        /// The chosen options; empty for a button.
        values: Vec<String>,
    },
    Form {
        /// The message whose control opened it; `None` if it was a command.
        message: Option<MessageId>,
        /// The form's id as the service returned it.
        custom_id: String,
        /// Ids and values. A field in which several options are chosen comes once for each.
        fields: Vec<(String, String)>,
    },
}

/// What has become of the newest version of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// It is in the channel.
    Whole,
    /// It is still to come: the post [grows](super::ChatOp::Append), and has got a message.
    Growing,
    /// It will not be in the channel, or only in part.
    Failed(PostFailure),
}

/// Why a post is not in the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostFailure {
    /// The service refused it for good: the bot may not write there, or the content is not accepted.
    Refused,
    ChannelGone,
    /// The bot lacks a permission, which may be granted later.
    Forbidden(MissingPermission),
    /// It is there but for its files: the bot may not attach any.
    WithoutFiles,
    /// The bot is shutting down, or its token was refused: the next start may succeed.
    ShuttingDown,
}

/// The permission that a refused post, or a part of it, needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPermission {
    View,
    Send,
    ReadHistory,
    /// The thread is locked.
    ManageThreads,
    EmbedLinks,
    AttachFiles,
}

impl MissingPermission {
    /// Its name in Discord's settings.
    pub fn name(self, is_thread: bool) -> &'static str {
        match self {
            Self::View => "View Channel",
            Self::Send if is_thread => "Send Messages in Threads",
            Self::Send => "Send Messages",
            Self::ReadHistory => "Read Message History",
            Self::ManageThreads => "Manage Threads",
            Self::EmbedLinks => "Embed Links",
            Self::AttachFiles => "Attach Files",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpResult {
    Message(Box<ChatMessage>),
    /// Oldest first.
    History(Vec<ChatMessage>),
    ThreadCreated(Place),
    DirectMessage(ChannelId),
    Done,
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpError {
    /// The message, person or channel does not exist any more.
    NotFound,
    /// The bot lacks a permission.
    Forbidden,
    /// The service does not accept it.
    Invalid,
    /// It may succeed later.
    Failed,
}
