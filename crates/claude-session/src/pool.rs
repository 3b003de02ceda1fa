//! Bounds how many CLI processes live at once, and how many of them start at once: a start takes a second of a
//! processor (measured on 2.1.197 and 2.1.329). When all slots are taken, the process that has been idle for the longest
//! time is recalled.
//!
//! A [`Permit`] goes with the process and frees its slot when nothing of the process is left. A [`Lease`] stays with the
//! process's owner, who says by it whether the process is idle, and learns by it that the slot is wanted.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

/// A pool of slots for processes. Clones share it.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    // A std mutex: nothing is awaited while it is held.
    slots: Mutex<Slots>,
    emptied: Notify,
}

/// The pure part: which slots are taken, which of them are idle, and who waits.
#[derive(Debug)]
struct Slots {
    max: usize,
    max_starting: usize,
    next: u64,
    taken: BTreeMap<u64, Slot>,
    waiting: VecDeque<oneshot::Sender<(Permit, Lease)>>,
}

#[derive(Debug)]
struct Slot {
    /// When it became idle, in order of such moments; `None` while it works.
    idle_since: Option<u64>,
    is_starting: bool,
    recalled: bool,
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

impl Pool {
    /// A pool of `max` slots, of which `max_starting` may be taken by processes that start; at least one of each.
    #[must_use]
    pub fn new(max: usize, max_starting: usize) -> Self {
        let slots = Slots {
            max: max.max(1),
            max_starting: max_starting.max(1),
            next: 0,
            taken: BTreeMap::new(),
            waiting: VecDeque::new(),
        };
        Self {
            shared: Arc::new(Shared {
                slots: Mutex::new(slots),
                emptied: Notify::new(),
            }),
        }
    }

    /// Waits for a slot, in order of calls; recalls the process that has been idle longest if all are taken.
    pub async fn admit(&self) -> (Permit, Lease) {
        let waiting = {
            let mut slots = self.shared.slots();
            if slots.waiting.is_empty() && slots.has_room() {
                return slots.take(&self.shared);
            }
            let (sender, waiting) = oneshot::channel();
            slots.waiting.push_back(sender);
            slots.recall_idle();
            waiting
        };
        match waiting.await {
            Ok(admitted) => admitted,
            // The sender lives as long as the pool, which `self` keeps.
            Err(_) => self.shared.slots().take(&self.shared),
        }
    }

    /// How many slots are taken, and how many callers wait.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let slots = self.shared.slots();
        (slots.taken.len(), slots.waiting.len())
    }

    /// Resolves when no slot is taken.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.shared.emptied.notified();
            if self.count().0 == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn has_room(&self) -> bool {
        let starting = self.taken.values().filter(|slot| slot.is_starting);
        self.taken.len() < self.max && starting.count() < self.max_starting
    }

    /// Gives free slots to those who wait. The permits of those who have gone in the meantime are returned, to be
    /// dropped when the lock is free.
    #[must_use]
    fn admit_waiting(&mut self, shared: &Arc<Shared>) -> Vec<(Permit, Lease)> {
        let mut refused = Vec::new();
        while self.has_room() {
            let Some(waiting) = self.waiting.pop_front() else {
                break;
            };
            let admitted = self.take(shared);
            if let Err((permit, lease)) = waiting.send(admitted) {
                self.taken.remove(&permit.id);
                refused.push((permit, lease));
            }
        }
        refused
    }

    fn take(&mut self, shared: &Arc<Shared>) -> (Permit, Lease) {
        let id = self.next;
        self.next += 1;
        let recall = Arc::new(Notify::new());
        let slot = Slot {
            idle_since: None,
            is_starting: true,
            recalled: false,
            recall: Arc::clone(&recall),
        };
        self.taken.insert(id, slot);
        let permit = Permit {
            id,
            shared: Arc::clone(shared),
        };
        (
            permit,
            Lease {
                id,
                recall,
                shared: Arc::clone(shared),
            },
        )
    }

    /// Recalls as many idle processes as there are waiters beyond the slots that are free or recalled already.
    fn recall_idle(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_closed());
        let free = self.max.saturating_sub(self.taken.len());
        // A recalled process that works again makes no room.
        let leaving = self
            .taken
            .values()
            .filter(|slot| slot.recalled && slot.idle_since.is_some())
            .count();
        for _ in leaving + free..self.waiting.len() {
            let idle = self.taken.values_mut().filter(|slot| !slot.recalled);
            let longest = idle
                .filter(|slot| slot.idle_since.is_some())
                .min_by_key(|slot| slot.idle_since);
            let Some(slot) = longest else { return };
            slot.recalled = true;
            slot.recall.notify_one();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut slots = self.shared.slots();
        slots.taken.remove(&self.id);
        let refused = slots.admit_waiting(&self.shared);
        let empty = slots.taken.is_empty();
        drop(slots);
        // Dropped only now: a permit's own drop takes the lock again.
        drop(refused);
        if empty {
            self.shared.emptied.notify_waiters();
        }
    }
}

impl Lease {
    /// The process has started: another may start.
    pub fn ready(&self) {
        let mut slots = self.shared.slots();
        if let Some(slot) = slots.taken.get_mut(&self.id) {
            slot.is_starting = false;
        }
        let refused = slots.admit_waiting(&self.shared);
        drop(slots);
        // Dropped only now: a permit's own drop takes the lock.
        drop(refused);
    }

    /// The process is idle and may be recalled.
    pub fn idle(&self) {
        let mut slots = self.shared.slots();
        let moment = slots.next;
        slots.next += 1;
        if let Some(slot) = slots.taken.get_mut(&self.id) {
            slot.idle_since = Some(moment);
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
