//! Bounds how many CLI processes live at once, and how many of them start at once: a start takes a second of CPU time
//! (measured on 2.1.197 and 2.1.329). When all slots are taken, the process that has been idle longest is recalled.
//!
//! A [`Permit`] goes with the process and frees its slot when nothing of the process is left. A [`Lease`] stays with the
//! process's owner, who reports through it whether the process is idle and learns from it that the slot is wanted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// A pool of slots for processes. Clones share it.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    // A std mutex: nothing is awaited while it is held.
    slots: Mutex<Slots>,
    /// Notified after every change that may let a waiter go on.
    changed: Notify,
}

/// Which slots are taken, which of them are idle, and who waits.
#[derive(Debug, Default)]
struct Slots {
    max: usize,
    max_starting: usize,
    /// Numbers slots, waiters and moments in order.
    next: u64,
    taken: BTreeMap<u64, Slot>,
    waiting: BTreeSet<u64>,
}

#[derive(Debug)]
struct Slot {
    /// The moment it became idle; `None` while it works.
    idle_since: Option<u64>,
    is_starting: bool,
    is_recalled: bool,
    recall: Arc<Notify>,
}

/// A slot for one process. Freed on drop.
#[derive(Debug)]
pub struct Permit {
    id: u64,
    shared: Arc<Shared>,
}

/// The owner's side of a [`Permit`].
#[derive(Debug)]
pub struct Lease {
    id: u64,
    recall: Arc<Notify>,
    shared: Arc<Shared>,
}

/// A place in the queue. Dropped when its caller is admitted or gives up.
struct Waiter<'a> {
    id: u64,
    shared: &'a Arc<Shared>,
}

impl Pool {
    /// A pool of `max` slots, of which `max_starting` may be taken by processes that start; at least one of each.
    pub fn new(max: usize, max_starting: usize) -> Self {
        let slots = Slots {
            max: max.max(1),
            max_starting: max_starting.max(1),
            ..Slots::default()
        };
        Self(Arc::new(Shared {
            slots: Mutex::new(slots),
            changed: Notify::new(),
        }))
    }

    /// Waits for a slot, in order of calls. If all are taken, the process that has been idle longest is recalled.
    pub async fn admit(&self) -> (Permit, Lease) {
        let waiter = Waiter::new(&self.0);
        loop {
            let changed = self.0.changed.notified();
            if let Some(admitted) = waiter.take() {
                return admitted;
            }
            changed.await;
        }
    }

    /// A slot, if one is free and nobody waits for it. No process is recalled.
    pub fn try_admit(&self) -> Option<(Permit, Lease)> {
        let mut slots = self.0.slots();
        let is_free = slots.waiting.is_empty() && slots.has_room();
        is_free.then(|| {
            let id = slots.number();
            slots.grant(id, &self.0)
        })
    }

    /// How many slots are taken, and how many callers wait.
    pub fn count(&self) -> (usize, usize) {
        let slots = self.0.slots();
        (slots.taken.len(), slots.waiting.len())
    }

    /// Resolves when no slot is taken.
    pub async fn wait_until_empty(&self) {
        loop {
            let changed = self.0.changed.notified();
            if self.count().0 == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn has_room(&self) -> bool {
        let starting = self.taken.values().filter(|slot| slot.is_starting);
        self.taken.len() < self.max && starting.count() < self.max_starting
    }

    /// Gives a slot to a process that starts.
    fn grant(&mut self, id: u64, shared: &Arc<Shared>) -> (Permit, Lease) {
        let recall = Arc::new(Notify::new());
        let slot = Slot {
            idle_since: None,
            is_starting: true,
            is_recalled: false,
            recall: Arc::clone(&recall),
        };
        self.taken.insert(id, slot);
        let shared = Arc::clone(shared);
        let permit = Permit {
            id,
            shared: Arc::clone(&shared),
        };
        (permit, Lease { id, recall, shared })
    }

    /// Recalls as many idle processes as there are waiters beyond the slots that are free or already recalled.
    fn recall_idle(&mut self) {
        let free = self.max.saturating_sub(self.taken.len());
        // A recalled process that works again makes no room.
        let leaving = self
            .taken
            .values()
            .filter(|slot| slot.is_recalled && slot.idle_since.is_some())
            .count();
        for _ in leaving + free..self.waiting.len() {
            let idle = self.taken.values_mut().filter(|slot| !slot.is_recalled);
            let longest = idle
                .filter(|slot| slot.idle_since.is_some())
                .min_by_key(|slot| slot.idle_since);
            let Some(slot) = longest else { return };
            slot.is_recalled = true;
            slot.recall.notify_one();
        }
    }
}

impl<'a> Waiter<'a> {
    fn new(shared: &'a Arc<Shared>) -> Self {
        let mut slots = shared.slots();
        let id = slots.number();
        slots.waiting.insert(id);
        slots.recall_idle();
        Self { id, shared }
    }

    /// Takes a slot if this is the first in the queue and there is one.
    fn take(&self) -> Option<(Permit, Lease)> {
        let mut slots = self.shared.slots();
        if slots.waiting.first() != Some(&self.id) || !slots.has_room() {
            return None;
        }
        slots.waiting.remove(&self.id);
        Some(slots.grant(self.id, self.shared))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.shared.slots().waiting.remove(&self.id);
        self.shared.changed.notify_waiters();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.slots().taken.remove(&self.id);
        self.shared.changed.notify_waiters();
    }
}

impl Lease {
    /// The process has started: another may start.
    pub fn ready(&self) {
        if let Some(slot) = self.shared.slots().taken.get_mut(&self.id) {
            slot.is_starting = false;
        }
        self.shared.changed.notify_waiters();
    }

    /// The process is idle and may be recalled.
    pub fn idle(&self) {
        let mut slots = self.shared.slots();
        let now = slots.number();
        if let Some(slot) = slots.taken.get_mut(&self.id) {
            slot.idle_since = Some(now);
        }
        slots.recall_idle();
    }

    /// The process works.
    pub fn busy(&self) {
        if let Some(slot) = self.shared.slots().taken.get_mut(&self.id) {
            slot.idle_since = None;
        }
    }

    /// Resolves when the slot is wanted for another process.
    pub async fn recalled(&self) {
        self.recall.notified().await;
    }
}

#[cfg(test)]
mod tests;
