//! What waits in a channel's queue.

use std::fmt;

use crate::{
    chat::{Delivery, OpId, Place},
    command::Command,
    config::QueueMode,
    external::{Context, Speaker},
    snowflake::MessageId,
};

/// A person's request to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueItem {
    /// What the answer replies to.
    pub origin: Origin,
    /// The channel or thread.
    pub place: Place,
    pub speaker: Speaker,
    pub request: Request,
    pub source: Source,
    /// What it does to a running turn, in place of the channel's mode.
    pub mode: Option<QueueMode>,
    /// What the thread is called that the message gets for itself.
    pub thread: Option<String>,
}

impl QueueItem {
    /// What a slash command, or one of a message's menu, asks for.
    pub(crate) fn of_interaction(
        interaction: u64,
        place: &Place,
        speaker: Speaker,
        request: Request,
    ) -> Self {
        Self {
            origin: Origin::Interaction(interaction),
            place: place.clone(),
            speaker,
            request,
            source: Source::Chat(Delivery::Live),
            mode: None,
            thread: None,
        }
    }
}

/// A person's message for Claude.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    pub speaker: Speaker,
    pub text: String,
    /// Its attachments, replies and forwards.
    pub context: Box<Context>,
}

impl fmt::Debug for Said {
    /// Without people's words, which must not be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({} bytes)", self.text.len())
    }
}

/// How an item was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The chat service delivered it.
    Chat(Delivery),
    /// Somebody pressed the retry button of a message whose turn was cut off.
    Retry { press: OpId },
}

/// What a message or a command asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// Have Claude answer.
    Prompt {
        text: String,
        /// Its attachments, replies and forwards.
        context: Box<Context>,
    },
    /// Run a command of the bot.
    Command(Command),
    /// Post this text, which says why nothing is done. It goes through the queue to keep the order.
    Hint(String),
    /// Post how many messages were skipped while the bot was offline. The item names the newest.
    Skipped(usize),
}

impl Request {
    /// Whether it begins a turn: Claude is asked, and paid.
    pub(super) fn begins_turn(&self) -> bool {
        matches!(self, Self::Prompt { .. } | Self::Command(Command::Compact))
    }

    /// Whether limits count it: it begins a turn, opens a thread, or asks on the side.
    pub(super) fn is_counted(&self) -> bool {
        self.begins_turn() || matches!(self, Self::Command(Command::Fork(_) | Command::Btw(_)))
    }

    /// Takes over an edited text. What has passed no limit, or is a notice, stays as it is.
    pub(super) fn edit(&mut self, edited: Self) {
        match (self, edited) {
            (
                Self::Prompt { text, context },
                Self::Prompt {
                    text: new,
                    context: c,
                },
            ) => {
                *text = new;
                context.names = c.names;
            }
            (this @ (Self::Prompt { .. } | Self::Command(_)), edited @ Self::Command(_))
            | (this @ Self::Prompt { .. }, edited @ Self::Hint(_)) => *this = edited,
            _ => {}
        }
    }
}

impl fmt::Debug for Request {
    /// Without people's words, which must not be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt { text, .. } => write!(f, "Prompt({} bytes)", text.len()),
            Self::Command(command) => write!(f, "Command({command:?})"),
            Self::Hint(_) => write!(f, "Hint"),
            Self::Skipped(count) => write!(f, "Skipped({count})"),
        }
    }
}

/// What an answer replies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Message(MessageId),
    /// An acknowledged slash command, by its interaction's id. The answer is a plain post.
    Interaction(u64),
}

impl Origin {
    /// The id of the message or the interaction.
    pub(super) fn id(self) -> u64 {
        match self {
            Self::Message(MessageId(id)) | Self::Interaction(id) => id,
        }
    }

    pub(super) fn message(self) -> Option<MessageId> {
        match self {
            Self::Message(id) => Some(id),
            Self::Interaction(_) => None,
        }
    }
}
