//! Permissions (Discord developer docs, "Permissions").

use std::ops::{BitOr, Sub};

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Permissions(u64);

impl Permissions {
    /// Edit and delete channels.
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    /// React to a message with an emoji that is not on it yet.
    pub const ADD_REACTIONS: Self = Self(1 << 6);
    /// See a channel and read its messages.
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    /// Send messages in a channel, but not in its threads.
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    /// Delete messages and reactions of others.
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    /// Send embeds.
    pub const EMBED_LINKS: Self = Self(1 << 14);
    /// Send files.
    pub const ATTACH_FILES: Self = Self(1 << 15);
    /// Read messages sent earlier, and reply to them.
    pub const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    /// Ping everyone.
    pub const MENTION_EVERYONE: Self = Self(1 << 17);
    /// Edit, lock and delete threads of others.
    pub const MANAGE_THREADS: Self = Self(1 << 34);
    /// Create polls.
    pub const SEND_POLLS: Self = Self(1 << 49);
    /// Start public threads.
    pub const CREATE_PUBLIC_THREADS: Self = Self(1 << 35);
    /// Send messages in threads.
    pub const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);

    /// What `@everyone` may do in a guild, and therefore the bot: no permission to manage anything.
    pub const EVERYONE: Self = Self(
        Self::ADD_REACTIONS.0
            | Self::VIEW_CHANNEL.0
            | Self::SEND_MESSAGES.0
            | Self::EMBED_LINKS.0
            | Self::ATTACH_FILES.0
            | Self::READ_MESSAGE_HISTORY.0
            | Self::MENTION_EVERYONE.0
            | Self::CREATE_PUBLIC_THREADS.0
            | Self::SEND_MESSAGES_IN_THREADS.0
            | Self::SEND_POLLS.0
            // External emoji, application commands.
            | 1 << 18
            | 1 << 31,
    );

    /// Every permission there is.
    pub const ALL: Self = Self((1 << 53) - 1);

    /// No permission at all.
    pub const NONE: Self = Self(0);

    /// The bit field, as Discord sends it.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is in the first set but not in the second.
impl Sub for Permissions {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What a channel changes about the bot's permissions (a permission overwrite for the bot's user).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Overwrite {
    pub(crate) allow: Permissions,
    pub(crate) deny: Permissions,
}

impl Overwrite {
    /// The overwrite that turns the permissions `base` into these.
    pub(crate) fn to_get(base: Permissions, wanted: Permissions) -> Self {
        Self {
            allow: wanted - base,
            deny: base - wanted,
        }
    }

    /// The permissions that hold with it, for one who has `base` in the guild.
    pub(crate) fn effective(self, base: Permissions) -> Permissions {
        (base - self.deny) | self.allow
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests;
