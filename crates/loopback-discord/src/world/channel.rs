//! Channels.

use crate::Snowflake;

/// A place where messages are.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id.
    pub id: Snowflake,
    /// Its name; empty for a direct message channel.
    pub name: String,
    /// What it is, and where.
    pub kind: ChannelKind,
}

/// What a channel is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChannelKind {
    /// A text channel of a guild.
    Text {
        /// The guild.
        guild: Snowflake,
    },
    /// A public thread.
    Thread {
        /// The guild.
        guild: Snowflake,
        /// The text channel it hangs from.
        parent: Snowflake,
    },
    /// Direct messages between one user and the bot.
    Direct {
        /// The user.
        user: Snowflake,
    },
}

impl Channel {
    /// The guild it is in, if it is in one.
    #[must_use]
    pub fn guild(&self) -> Option<Snowflake> {
        match self.kind {
            ChannelKind::Text { guild } | ChannelKind::Thread { guild, .. } => Some(guild),
            ChannelKind::Direct { .. } => None,
        }
    }
}
