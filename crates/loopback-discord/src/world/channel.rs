//! Channels and threads.

use super::{Overwrite, Permissions};
use crate::Snowflake;

/// A channel, thread or direct message channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id.
    pub id: Snowflake,
    /// Its name; empty for a direct message channel.
    pub name: String,
    /// What kind of channel it is, and where it belongs.
    pub kind: ChannelKind,
    /// The state of a thread; `None` for other channels.
    pub thread: Option<Thread>,
    /// The tags that posts of a forum can have.
    pub tags: Vec<ForumTag>,
    /// The permission overwrite for the bot.
    pub(crate) overwrite: Overwrite,
}

/// The kind of a channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChannelKind {
    /// A text channel of a guild.
    Text {
        /// The guild.
        guild: Snowflake,
    },
    /// A forum of a guild: it holds threads and no messages.
    Forum {
        /// The guild.
        guild: Snowflake,
    },
    /// A public thread.
    Thread {
        /// The guild.
        guild: Snowflake,
        /// The text channel or forum it belongs to.
        parent: Snowflake,
    },
    /// Direct messages between one user and the bot.
    Direct {
        /// The user.
        user: Snowflake,
    },
}

/// A tag for the posts of a forum.
#[derive(Clone, Debug)]
pub struct ForumTag {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
}

/// What a thread has beyond other channels.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Who started it.
    pub owner: Snowflake,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether only those who may manage threads can send in it or unarchive it.
    pub locked: bool,
    /// The tags of a post in a forum.
    pub applied_tags: Vec<Snowflake>,
    /// Who has joined it.
    pub members: Vec<Snowflake>,
    /// Minutes of inactivity after which it leaves the channel list.
    pub auto_archive_minutes: u64,
    /// When it was last created, archived or unarchived, in milliseconds since the Unix epoch.
    pub(crate) archive_changed: u64,
}

impl Channel {
    /// The guild it is in; `None` for direct messages.
    #[must_use]
    pub fn guild(&self) -> Option<Snowflake> {
        match self.kind {
            ChannelKind::Text { guild }
            | ChannelKind::Forum { guild }
            | ChannelKind::Thread { guild, .. } => Some(guild),
            ChannelKind::Direct { .. } => None,
        }
    }

    /// The text channel or forum that a thread belongs to; `None` for other channels.
    #[must_use]
    pub fn parent(&self) -> Option<Snowflake> {
        match self.kind {
            ChannelKind::Thread { parent, .. } => Some(parent),
            ChannelKind::Text { .. } | ChannelKind::Forum { .. } | ChannelKind::Direct { .. } => {
                None
            }
        }
    }

    /// Whether it is a forum, in which only threads can be written.
    pub(crate) fn is_forum(&self) -> bool {
        matches!(self.kind, ChannelKind::Forum { .. })
    }

    /// Whether it is a thread that is archived.
    pub(crate) fn is_archived(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.archived)
    }

    /// The permission that is needed to send a message in it.
    pub(crate) fn permission_to_send(&self) -> Permissions {
        match self.kind {
            ChannelKind::Thread { .. } => Permissions::SEND_MESSAGES_IN_THREADS,
            ChannelKind::Text { .. } | ChannelKind::Forum { .. } | ChannelKind::Direct { .. } => {
                Permissions::SEND_MESSAGES
            }
        }
    }
}
