//! Which channel a thread belongs to, and what it is called: it is let in and served like that channel.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::snowflake::ChannelId;

/// What Discord has told about threads. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Threads(Arc<RwLock<HashMap<ChannelId, Thread>>>);

#[derive(Debug)]
struct Thread {
    parent: ChannelId,
    title: String,
}

impl Threads {
    /// The channel that `thread` belongs to; `None` for what is no thread, or one that was never heard of.
    #[must_use]
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        let threads = self.0.read().unwrap_or_else(PoisonError::into_inner);
        threads.get(&thread).map(|thread| thread.parent)
    }

    /// What its people have called `thread`.
    #[must_use]
    pub fn title(&self, thread: ChannelId) -> Option<String> {
        let threads = self.0.read().unwrap_or_else(PoisonError::into_inner);
        threads.get(&thread).map(|thread| thread.title.clone())
    }

    /// Discord has told of a thread.
    pub fn learn(&self, thread: ChannelId, parent: ChannelId, title: String) {
        let mut threads = self.0.write().unwrap_or_else(PoisonError::into_inner);
        threads.insert(thread, Thread { parent, title });
    }

    /// A thread is gone.
    pub fn forget(&self, thread: ChannelId) {
        let mut threads = self.0.write().unwrap_or_else(PoisonError::into_inner);
        threads.remove(&thread);
    }
}
