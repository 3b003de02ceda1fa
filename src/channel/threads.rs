//! Which channels are threads, and of which channel: a thread is let in and served like that channel.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::snowflake::ChannelId;

/// What Discord has told about channels, also of those that are gone: their last turn still goes by it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Threads(Arc<RwLock<HashMap<ChannelId, Place>>>);

#[derive(Debug)]
enum Place {
    /// No thread.
    Channel,
    Thread {
        parent: ChannelId,
        title: String,
    },
}

impl Threads {
    /// Whether it is known if `channel` is a thread. What is not known may belong to a channel with rules of its own,
    /// so nothing is run there.
    #[must_use]
    pub fn knows(&self, channel: ChannelId) -> bool {
        let places = self.0.read().unwrap_or_else(PoisonError::into_inner);
        places.contains_key(&channel)
    }

    /// The channel that `thread` belongs to; `None` for what is no thread, or one that was never heard of.
    #[must_use]
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        let places = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match places.get(&thread)? {
            Place::Thread { parent, .. } => Some(*parent),
            Place::Channel => None,
        }
    }

    /// What its people have called `thread`.
    #[must_use]
    pub fn title(&self, thread: ChannelId) -> Option<String> {
        let places = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match places.get(&thread)? {
            Place::Thread { title, .. } => Some(title.clone()),
            Place::Channel => None,
        }
    }

    /// Discord has told of a thread.
    pub fn learn(&self, thread: ChannelId, parent: ChannelId, title: String) {
        self.put(thread, Place::Thread { parent, title });
    }

    /// Discord has told of a channel that is no thread.
    pub fn learn_channel(&self, channel: ChannelId) {
        self.put(channel, Place::Channel);
    }

    fn put(&self, channel: ChannelId, place: Place) {
        let mut places = self.0.write().unwrap_or_else(PoisonError::into_inner);
        places.insert(channel, place);
    }
}
