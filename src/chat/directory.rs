//! What is known of channels: which are threads, of which channel, and what they are called.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::Place;
use crate::snowflake::{ChannelId, GuildId};

/// The places that the chat service has told of, gone ones included: their last turn still goes by it. Clones share it.
///
/// A thread is let in and served like the channel that it belongs to, so nothing runs in a channel of a guild before
/// it is known here.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    places: HashMap<ChannelId, Place>,
    guilds: HashMap<GuildId, String>,
}

impl Directory {
    /// Whether it is known what `channel` is.
    #[must_use]
    pub fn knows(&self, channel: ChannelId) -> bool {
        self.read(|known| known.places.contains_key(&channel))
    }

    /// What is known of `channel`, its guild's name included.
    #[must_use]
    pub fn place(&self, channel: ChannelId) -> Option<Place> {
        self.read(|known| {
            let mut place = known.places.get(&channel)?.clone();
            let guild_name = place.guild.and_then(|guild| known.guilds.get(&guild));
            place.guild_name = guild_name.cloned().or(place.guild_name);
            Some(place)
        })
    }

    /// The channel that `thread` belongs to; `None` for what is no thread, or is not known.
    #[must_use]
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        self.read(|known| known.places.get(&thread)?.parent)
    }

    /// What its people call `channel`.
    #[must_use]
    pub fn name(&self, channel: ChannelId) -> Option<String> {
        self.read(|known| known.places.get(&channel)?.name.clone())
    }

    /// Takes note of a place. A name that is not told stays as it was.
    pub fn learn(&self, place: &Place) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let entry = known
            .places
            .entry(place.channel)
            .or_insert_with(|| place.clone());
        let name = place.name.clone().or(entry.name.take());
        *entry = Place {
            name,
            ..place.clone()
        };
    }

    /// Takes note of a guild's name.
    pub fn learn_guild(&self, guild: GuildId, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.guilds.insert(guild, name.to_owned());
    }

    fn read<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
