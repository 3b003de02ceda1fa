//! Sharding (Discord developer docs, "Sharding").

use serde_json::Value;

use crate::Snowflake;

/// The shard of a session: its number, and how many there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shard {
    pub(crate) id: u64,
    total: u64,
}

impl Shard {
    /// The `shard` of an IDENTIFY; the only one by default. `None` if it is invalid.
    pub(super) fn of_identify(data: &Value) -> Option<Self> {
        let Some(shard) = data.get("shard").filter(|shard| !shard.is_null()) else {
            return Some(Self { id: 0, total: 1 });
        };
        let (id, total) = (shard[0].as_u64()?, shard[1].as_u64()?);
        (id < total).then_some(Self { id, total })
    }

    /// Whether events of a guild go to this shard; `None` stands for direct messages.
    pub(crate) fn receives(self, guild: Option<Snowflake>) -> bool {
        guild.map_or(0, |guild| (guild.get() >> 22) % self.total) == self.id
    }
}

#[cfg(test)]
mod tests;
