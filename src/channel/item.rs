//! What comes into a channel and what goes out of it, in our own types.

use std::{fmt, time::Instant};

use crate::{
    discord::command::Command,
    external::{Context, Speaker},
    snowflake::{ChannelId, MessageId},
};

/// Something a person wants of a channel, in the order in which Discord gave it.
#[derive(Debug, Clone)]
pub struct Item {
    /// What is answered.
    pub origin: Origin,
    /// Who wants it.
    pub speaker: Speaker,
    /// What is wanted.
    pub wish: Wish,
    /// How it came.
    pub via: Via,
}

/// How something came to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Over the gateway, when it was sent.
    Gateway,
    /// Over the gateway, while it is not known yet what was sent between a message and this one.
    Ahead {
        /// The message up to which all is known.
        after: MessageId,
    },
    /// It was sent while the bot was away, and asked for later.
    CatchUp,
    /// Somebody pressed the button of a message that was cut off.
    Again {
        /// The press's id.
        press: u64,
        /// The message that holds the button.
        notice: MessageId,
    },
}

/// What is wanted.
#[derive(Clone, PartialEq, Eq)]
pub enum Wish {
    /// An answer of Claude's.
    Words {
        /// To these words.
        words: String,
        /// What they go with.
        context: Box<Context>,
    },
    /// A command of ours.
    Command(Command),
    /// Nothing that can be done: the text says why. It travels with the rest so that the order is kept.
    Hint(String),
    /// Nothing of one message: so many that were sent while the bot was away, this one the last of them, are given
    /// up.
    GivenUp(usize),
}

impl fmt::Debug for Wish {
    /// Without a person's words: they do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words { words, .. } => write!(f, "Words({} bytes)", words.len()),
            Self::Command(command) => write!(f, "Command({command:?})"),
            Self::Hint(_) => write!(f, "Hint"),
            Self::GivenUp(count) => write!(f, "GivenUp({count})"),
        }
    }
}

/// What an answer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A message.
    Message(MessageId),
    /// A slash command, acknowledged as "thinking" when it came.
    Interaction(Interaction),
}

impl Origin {
    /// The message, where it is one.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::Message(id) => Some(*id),
            Self::Interaction(_) => None,
        }
    }

    /// Discord's id of what is answered: messages and interactions share one space of ids.
    #[must_use]
    pub fn snowflake(&self) -> u64 {
        match self {
            Self::Message(id) => id.0,
            Self::Interaction(interaction) => interaction.id,
        }
    }
}

/// A slash command's handle.
#[derive(Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id, a snowflake.
    pub id: u64,
    /// The token under which its answer is given. It is a credential for 15 minutes.
    pub token: String,
    /// When it came.
    pub at: Instant,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interaction(..)")
    }
}

/// What goes out to a channel.
#[derive(Debug, Clone)]
pub enum Utterance {
    /// Words.
    Say {
        /// Where to.
        channel: ChannelId,
        /// What they answer; `None` for words of the bot's own accord.
        to: Option<Origin>,
        /// The words, of any length.
        text: String,
    },
    /// A message was cut off: words that answer it, with a button to run it again.
    Offer {
        /// Where to.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// How often it has been cut off: words about the same cut stand there once.
        cuts: u32,
        /// The words.
        text: String,
    },
    /// A button has served and goes.
    Unbutton {
        /// Where.
        channel: ChannelId,
        /// The message that holds it.
        notice: MessageId,
    },
    /// Nothing to see: the outbox reports when all that was said there before is sent, or never will be; with
    /// [`Mark::KeptBack`] in its place where the bot's end is why.
    Mark {
        /// Where.
        channel: ChannelId,
        /// What is reported.
        mark: Mark,
    },
    /// Whether "is typing" is to be shown.
    Typing {
        /// Where.
        channel: ChannelId,
        /// From now on or no more.
        on: bool,
    },
}

/// What is known once all that was said before is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A message has its answer.
    Answered(MessageId),
    /// The channel knows that a message was cut off.
    Told(MessageId),
    /// The channel knows of so many tasks in the background that were lost, the oldest ones on record.
    LossTold(usize),
    /// Reported in place of another: something said before it is not sent, because the bot is at its end. Its next
    /// start sees to that.
    KeptBack,
}

impl Utterance {
    /// Where it goes.
    #[must_use]
    pub fn channel(&self) -> ChannelId {
        match self {
            Self::Say { channel, .. }
            | Self::Offer { channel, .. }
            | Self::Unbutton { channel, .. }
            | Self::Mark { channel, .. }
            | Self::Typing { channel, .. } => *channel,
        }
    }
}
