//! Gateway intents (Discord developer docs, "Gateway intents").

/// The events that a session asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Intents(pub(crate) u64);

impl Intents {
    pub(crate) const GUILDS: Self = Self(1);
    pub(crate) const GUILD_MESSAGES: Self = Self(1 << 9);
    pub(crate) const GUILD_MESSAGE_REACTIONS: Self = Self(1 << 10);
    pub(crate) const GUILD_MESSAGE_TYPING: Self = Self(1 << 11);
    pub(crate) const DIRECT_MESSAGES: Self = Self(1 << 12);
    pub(crate) const DIRECT_MESSAGE_REACTIONS: Self = Self(1 << 13);
    pub(crate) const DIRECT_MESSAGE_TYPING: Self = Self(1 << 14);
    pub(crate) const MESSAGE_CONTENT: Self = Self(1 << 15);
    pub(crate) const GUILD_MESSAGE_POLLS: Self = Self(1 << 24);
    pub(crate) const DIRECT_MESSAGE_POLLS: Self = Self(1 << 25);
    /// All that Discord defines: bits 0 to 16, 20, 21, 24 and 25.
    const ALL: Self = Self(0x1_ffff | 0b11 << 20 | 0b11 << 24);

    /// Whether all of `other` was asked for.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether all bits are defined.
    pub(crate) fn valid(self) -> bool {
        self.0 & !Self::ALL.0 == 0
    }
}
