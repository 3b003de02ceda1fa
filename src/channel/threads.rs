//! Which channel a thread belongs to: it is let in and served like that one.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::snowflake::ChannelId;

/// What Discord has told about threads. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Threads(Arc<RwLock<HashMap<ChannelId, ChannelId>>>);

impl Threads {
    /// The channel that `thread` belongs to; `None` for what is no thread, or one that was never heard of.
    #[must_use]
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        let threads = self.0.read().unwrap_or_else(PoisonError::into_inner);
        threads.get(&thread).copied()
    }

    /// Discord has told of a thread.
    pub fn learn(&self, thread: ChannelId, parent: ChannelId) {
        let mut threads = self.0.write().unwrap_or_else(PoisonError::into_inner);
        threads.insert(thread, parent);
    }

    /// A thread is gone.
    pub fn forget(&self, thread: ChannelId) {
        let mut threads = self.0.write().unwrap_or_else(PoisonError::into_inner);
        threads.remove(&thread);
    }
}
