//! What waits in a channel's queue.

use std::fmt;

use crate::{
    chat::{Delivery, OpId, Place},
    command::Command,
    external::{Context, Speaker},
    snowflake::MessageId,
};

/// Something that a person requests of a channel. Items come in the order in which the chat service gave them.
#[derive(Debug, Clone)]
pub struct QueueItem {
    /// What is answered.
    pub origin: Origin,
    /// Where it was requested.
    pub place: Place,
    /// Who requests it.
    pub speaker: Speaker,
    /// What is requested.
    pub request: Request,
    /// How it got here.
    pub source: Source,
}

/// How an item got into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was delivered when it was sent, after everything that was sent before it.
    Live,
    /// It was delivered when it was sent, while it is not known yet what was sent between a message and this one.
    LiveAhead {
        /// The message up to which everything is known.
        after: MessageId,
    },
    /// It was sent while the bot was away, and fetched later.
    Backfill,
    /// Somebody pressed the retry button of a message whose turn was cut off.
    Retry {
        /// The press.
        press: OpId,
    },
}

impl From<Delivery> for Source {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Live => Self::Live,
            Delivery::LiveAhead { after } => Self::LiveAhead { after },
            Delivery::Backfill => Self::Backfill,
        }
    }
}

/// What is requested.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// An answer of Claude's.
    Prompt {
        /// The person's words.
        text: String,
        /// What they go with.
        context: Box<Context>,
    },
    /// A command of the bot's.
    Command(Command),
    /// Nothing that can be done: the text says why. It goes through the queue so that the order is kept.
    Hint(String),
    /// Nothing: so many messages that were sent while the bot was away, this one the newest, are skipped.
    Skipped(usize),
}

impl fmt::Debug for Request {
    /// Without a person's words: they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt { text, .. } => write!(f, "Prompt({} bytes)", text.len()),
            Self::Command(command) => write!(f, "Command({command:?})"),
            Self::Hint(_) => write!(f, "Hint"),
            Self::Skipped(count) => write!(f, "Skipped({count})"),
        }
    }
}

/// What an answer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A message. The answer replies to it.
    Message(MessageId),
    /// A slash command, by its interaction's id. It has been acknowledged.
    Interaction(u64),
}

impl Origin {
    /// The message, where it is one.
    #[must_use]
    pub fn message(self) -> Option<MessageId> {
        match self {
            Self::Message(id) => Some(id),
            Self::Interaction(_) => None,
        }
    }

    /// The id of what is answered: messages and interactions share one space of ids.
    #[must_use]
    pub fn snowflake(self) -> u64 {
        match self {
            Self::Message(id) => id.0,
            Self::Interaction(id) => id,
        }
    }
}
