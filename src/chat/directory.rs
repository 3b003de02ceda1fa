//! What is known about channels: their names, and which of them are threads of which channel.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::Place;
use crate::snowflake::{ChannelId, GuildId};

/// The places that the chat service has described, also after they are deleted: their last turn may still run. Clones
/// share one directory.
///
/// A thread follows the rules of its channel, so nothing runs in a channel of a guild before the channel is known here.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    places: HashMap<ChannelId, Place>,
    guilds: HashMap<GuildId, String>,
}

impl Directory {
    /// Whether `channel` has been described.
    #[must_use]
    pub fn knows(&self, channel: ChannelId) -> bool {
        self.read(|known| known.places.contains_key(&channel))
    }

    /// What is known about `channel`, including its guild's name.
    #[must_use]
    pub fn place(&self, channel: ChannelId) -> Option<Place> {
        self.read(|known| {
            let mut place = known.places.get(&channel)?.clone();
            let guild_name = place.guild.and_then(|guild| known.guilds.get(&guild));
            place.guild_name = guild_name.cloned().or(place.guild_name);
            Some(place)
        })
    }

    /// The channel that `thread` belongs to; `None` if it is no thread or not known.
    #[must_use]
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        self.read(|known| known.places.get(&thread)?.parent)
    }

    /// Remembers a place. A place without a name keeps the name that was known before.
    pub fn learn(&self, place: &Place) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.places.insert(place.channel, place.clone());
        if let (None, Some(entry)) = (&place.name, known.places.get_mut(&place.channel)) {
            entry.name = before.and_then(|before| before.name);
        }
    }

    /// Remembers a guild's name.
    pub fn learn_guild(&self, guild: GuildId, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.guilds.insert(guild, name.to_owned());
    }

    fn read<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
