//! What the channels ask of a chat service.
#![expect(missing_docs, reason = "a plain field's name says what it holds")]

use super::{Interaction, Post, PostKey};
use crate::snowflake::{ChannelId, MessageId};

/// Names an operation whose result comes back in a [`ChatEvent`](super::ChatEvent). It is unique within its channel
/// while the operation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u64);

/// Something to do in the chat.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatOp {
    /// Make the post with this key look like `post`. It may be put again and again, each time in full; if versions come
    /// faster than the service takes them, only the newest is sent. The answer is
    /// [`Posted`](super::ChatEvent::Posted) or [`PostFailed`](super::ChatEvent::PostFailed).
    Put {
        channel: ChannelId,
        key: PostKey,
        post: Box<Post>,
        /// Its messages, if an earlier process posted it.
        known: Vec<MessageId>,
    },
    /// Delete the post with this key.
    Remove {
        channel: ChannelId,
        key: PostKey,
        /// Its messages, if an earlier process posted it.
        known: Vec<MessageId>,
    },
    /// Reply to an interaction. The first reply must come before the interaction's deadline. Posts that are put after it
    /// appear after it.
    Reply {
        channel: ChannelId,
        interaction: Interaction,
        reply: InteractionReply,
    },
    /// Show that the bot is typing, until `on` is false.
    Typing { channel: ChannelId, on: bool },
    /// The answer is [`MessageFetched`](super::ChatEvent::MessageFetched).
    FetchMessage {
        id: OpId,
        channel: ChannelId,
        message: MessageId,
    },
}

/// A reply to an interaction. It is never edited later.
#[derive(Debug, Clone, PartialEq)]
pub enum InteractionReply {
    /// Accept a press and show nothing.
    Acknowledge,
    /// Text that only that person sees, as the first reply or a later one.
    Private(String),
}
