//! What the channels ask of a chat service.

use serde::{Deserialize, Serialize};

use super::{ControlId, Interaction, Post, PostKey};
use crate::snowflake::{ChannelId, MessageId, UserId};

/// Names an operation whose result comes back as [`ChatEvent::OpDone`](super::ChatEvent::OpDone). It is unique within
/// its channel for as long as the operation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpId(pub u64);

/// Something to be done in the chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ChatOp {
    /// The post with this key shall look like this. It may be said again and again, each time whole; of versions that
    /// come faster than the service takes them only the newest is sent. It is answered by
    /// [`Posted`](super::ChatEvent::Posted) or [`PostFailed`](super::ChatEvent::PostFailed) once the newest version
    /// stands there, or will not.
    Put {
        /// Where.
        channel: ChannelId,
        /// The post.
        key: PostKey,
        /// How it shall look.
        post: Box<Post>,
        /// Its messages, where it was posted by an earlier process.
        known: Vec<MessageId>,
    },
    /// The post with this key shall not stand there any more.
    Remove {
        /// Where.
        channel: ChannelId,
        /// The post.
        key: PostKey,
        /// Its messages, where it was posted by an earlier process.
        known: Vec<MessageId>,
    },
    /// Reply to an interaction. The first reply must come before the interaction's deadline.
    Reply {
        /// The interaction.
        interaction: Interaction,
        /// The reply.
        reply: InteractionReply,
    },
    /// Show that the bot is typing, from now on or no more.
    Typing {
        /// Where.
        channel: ChannelId,
        /// Whether it types.
        on: bool,
    },
    /// Put a reaction of the bot's on a message, or take it off.
    React {
        /// Where.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// A Unicode emoji.
        emoji: String,
        /// Whether it shall be there.
        on: bool,
    },
    /// Create a thread.
    CreateThread {
        /// The operation.
        id: OpId,
        /// The channel that it belongs to.
        channel: ChannelId,
        /// The message that it starts from, if any.
        message: Option<MessageId>,
        /// Its title, of at most 100 characters.
        title: String,
    },
    /// Rename a thread.
    RenameThread {
        /// The thread.
        thread: ChannelId,
        /// Its title, of at most 100 characters.
        title: String,
    },
    /// Open the direct-message channel with a person.
    OpenDirectMessage {
        /// The operation.
        id: OpId,
        /// The channel on whose behalf it is opened.
        channel: ChannelId,
        /// The person.
        user: UserId,
    },
    /// Fetch one message.
    FetchMessage {
        /// The operation.
        id: OpId,
        /// Where.
        channel: ChannelId,
        /// The message.
        message: MessageId,
    },
    /// Fetch the last messages of a channel.
    FetchHistory {
        /// The operation.
        id: OpId,
        /// Where.
        channel: ChannelId,
        /// Only messages before this one, if given.
        before: Option<MessageId>,
        /// How many at most, from 1 to 100.
        limit: u8,
    },
}

/// A reply to an interaction. None of them is edited later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionReply {
    /// A press was received. Nothing is shown.
    Acknowledge,
    /// Words that only the person sees: the first reply, or a later one.
    Private(String),
    /// Open a form. Only as the first reply.
    OpenForm(Form),
    /// Suggestions for an option: at most 25, of at most 100 characters each.
    Suggest(Vec<String>),
}

/// A form that a person fills in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Comes back when the form is submitted.
    pub id: ControlId,
    /// Its title, of at most 45 characters.
    pub title: String,
    /// Its fields: one to five.
    pub fields: Vec<FormField>,
}

/// A text field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Names the field when the form is submitted.
    pub id: String,
    /// What the person reads above it, at most 45 characters.
    pub label: String,
    /// What stands in it at first.
    pub value: String,
    /// Whether it has several lines.
    pub is_long: bool,
    /// Whether it must be filled in.
    pub is_required: bool,
}
