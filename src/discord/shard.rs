//! Which connection delivers what. Pure.

use std::fmt;

use crate::snowflake::GuildId;

/// One of the connections among which Discord divides the guilds of a bot (Discord developer docs, "Sharding").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// Less than `total`.
    pub(super) id: u32,
    pub(super) total: u32,
}

impl Shard {
    /// All of so many, at least one.
    pub(super) fn all(total: u32) -> impl Iterator<Item = Self> {
        let total = total.max(1);
        (0..total).map(move |id| Self { id, total })
    }

    /// Whether the events of a guild come on this one; `None` stands for direct messages.
    pub(super) fn delivers(self, guild: Option<GuildId>) -> bool {
        let id = guild.map_or(0, |guild| (guild.0 >> 22) % u64::from(self.total));
        id == u64::from(self.id)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.id, self.total)
    }
}

#[cfg(test)]
mod tests;
