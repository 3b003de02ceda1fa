//! What names an operation, so that its result can be told from others.

use serde::{Deserialize, Serialize};

use crate::snowflake::{ChannelId, MessageId, UserId};

/// What an operation is for whose result comes back in [`OpDone`](super::ChatEvent::OpDone). It is unique within its
/// channel while the operation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpId {
    /// The press of a button that runs a message again, by its interaction.
    Press(u64),
    /// A message that waited when an earlier process ended.
    Held(MessageId),
    /// A message that an edit addressed to the bot.
    Edit(MessageId),
    /// What the turn of a message looks up.
    Lookup(MessageId, Lookup),
    /// The messages from which a lost conversation is rebuilt.
    Rebuild,
    /// A call of one of the bot's own tools.
    HostCall(u64),
    /// The thread of a fork that was asked for in this channel, by its message or interaction.
    Fork(ChannelId, u64),
    /// The thread that a message gets for itself.
    OwnThread(MessageId),
    /// The direct messages with somebody who decides in this channel.
    Approver(UserId),
    /// The warning of an admin.
    Warning(UserId),
}

/// What a message came without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The message replied to.
    Quote,
    /// The message that the thread was started from.
    Starter,
    /// A part of the message itself.
    Itself,
    /// What was said before it.
    Meanwhile,
}
