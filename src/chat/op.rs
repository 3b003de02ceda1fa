//! What the channels ask of a chat service.

use serde::{Deserialize, Serialize};

use super::{ControlId, Interaction, OpId, Post, PostFile, PostKey};
use crate::snowflake::{ChannelId, MessageId, UserId};

/// Something to do in the chat. Posts keep their order and appear after earlier replies; other operations run at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ChatOp {
    /// Make the post with this key look like `post`. It may be put again and again, each time in full; if versions come
    /// faster than the service takes them, only the newest is sent. The answer is
    /// [`Posted`](super::ChatEvent::Posted).
    Put {
        channel: ChannelId,
        key: PostKey,
        post: Box<Post>,
        /// Its messages, if an earlier process posted it.
        known: Vec<MessageId>,
    },
    /// Add to the text of a post that is an [answer](super::Body::Answer) and not final. This is as if it were put with
    /// the longer text, but costs only what is added, and has no answer of its own.
    Append {
        channel: ChannelId,
        key: PostKey,
        text: String,
    },
    /// Delete the post with this key.
    Remove {
        channel: ChannelId,
        key: PostKey,
        /// Its messages, if an earlier process posted it.
        known: Vec<MessageId>,
    },
    /// Reply to an interaction. The first reply must come before the interaction's deadline.
    Reply {
        channel: ChannelId,
        interaction: Interaction,
        reply: InteractionReply,
    },
    /// Post again what a permission was missing for: it may have been granted.
    Unblock { channel: ChannelId },
    /// The same, after finding out whether the bot may post. [`Unblocked`](super::ChatEvent::Unblocked) is the answer.
    TryPosting { channel: ChannelId },
    /// Show that the bot is typing, until `on` is false.
    Typing { channel: ChannelId, on: bool },
    /// Add a reaction of the bot's to a message, or remove it. With an `id`, the result is
    /// [`Done`](super::OpResult::Done).
    React {
        id: Option<OpId>,
        channel: ChannelId,
        message: MessageId,
        /// A Unicode emoji.
        emoji: String,
        on: bool,
    },
    /// The result is [`ThreadCreated`](super::OpResult::ThreadCreated).
    CreateThread {
        id: OpId,
        /// The thread's parent.
        channel: ChannelId,
        /// The message that it starts from.
        message: Option<MessageId>,
        /// At most 100 characters.
        title: String,
        /// Whether a thread that the message already has is taken.
        takes_existing: bool,
    },
    RenameThread {
        thread: ChannelId,
        /// At most 100 characters.
        title: String,
    },
    /// Add a person to a thread, so that it shows up for them.
    AddToThread { thread: ChannelId, user: UserId },
    /// Open the direct-message channel with a person. The result is [`DirectMessage`](super::OpResult::DirectMessage).
    OpenDirectMessage {
        id: OpId,
        /// The channel that asks for it.
        channel: ChannelId,
        user: UserId,
    },
    /// The result is [`Message`](super::OpResult::Message).
    FetchMessage {
        id: OpId,
        /// The channel that asks for it.
        channel: ChannelId,
        /// The channel that holds it.
        holder: ChannelId,
        message: MessageId,
    },
    /// Fetch a channel's newest messages. The result is [`History`](super::OpResult::History).
    FetchHistory {
        id: OpId,
        /// The channel that asks for it.
        channel: ChannelId,
        /// The channel that holds them.
        holder: ChannelId,
        /// Only messages older than this one.
        before: Option<MessageId>,
        /// The most messages, from 1 to 100.
        limit: u8,
    },
}

/// A reply to an interaction. It is never edited later. Each can be the first one; only private ones can be later ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionReply {
    /// Accept a press or a form and show nothing.
    Acknowledge,
    /// Text that only that person sees.
    Private(String),
    /// The same with files.
    PrivateFiles { text: String, files: Vec<PostFile> },
    /// Answers a slash command or a press.
    OpenForm(Form),
    /// Answers an autocomplete: at most 25 values, each with at most 100 characters.
    Suggest(Vec<String>),
}

/// A dialog with fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Returned when the form is submitted.
    pub id: ControlId,
    /// At most 45 characters.
    pub title: String,
    /// One to five.
    pub fields: Vec<FormField>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Returned with the value: 1 to 100 characters.
    pub id: String,
    /// At most 45 characters.
    pub label: String,
    pub kind: FieldKind,
    pub is_required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text {
        /// What the field holds at first: at most 4,000 characters.
        value: String,
        /// Whether it has several lines.
        is_long: bool,
    },
    /// Radio buttons, or checkboxes if several can be chosen. The value of one is its number, the first being 0.
    Options {
        /// Two to ten, each with at most 100 characters.
        labels: Vec<String>,
        is_multiple: bool,
    },
}
