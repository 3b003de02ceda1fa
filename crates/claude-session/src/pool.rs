//! Bounds how many CLI processes live at once, and how many of them start at once: a start takes a second of CPU time
//! (measured on 2.1.197 and 2.1.329). When all slots are taken, or memory is short, the idle process that is least
//! likely to be needed soon (`eviction`) is recalled.
//!
//! A [`Permit`] goes with the process and frees its slot when nothing of the process is left. A [`Lease`] stays with the
//! process's owner, who reports through it whether the process is idle and learns from it that the slot is wanted. While there
//! is a [`Hold`], nothing starts.

mod eviction;
pub mod pressure;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use self::eviction::{Candidate, Usage, least_needed};

/// An owner's usage is forgotten once it weighs less than this.
const FORGOTTEN: f64 = 0.02;

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
    /// Numbers slots and waiters in order.
    next: u64,
    taken: BTreeMap<u64, Slot>,
    waiting: BTreeSet<u64>,
    /// By owner.
    usages: BTreeMap<u64, Usage>,
    is_under_pressure: bool,
    /// How many [`Hold`]s there are.
    holds: usize,
}

#[derive(Debug)]
struct Slot {
    owner: u64,
    granted: Instant,
    /// How long the process took to start; `None` while it starts.
    start: Option<Duration>,
    has_worked: bool,
    /// `None` while it works.
    idle_since: Option<Instant>,
    recalled: Option<Recall>,
    recall: Arc<Notify>,
}

/// Why a process is recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// Another process needs its slot.
    Slot,
    /// The machine is short of memory.
    Memory,
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

/// As long as this lives, no process gets a slot.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Hold(Arc<Shared>);

/// A place in the queue. Dropped when its caller is admitted or gives up.
struct Waiter<'a> {
    id: u64,
    owner: u64,
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

    /// Waits for a slot, in order of calls. If all are taken, an idle process is recalled. What an `owner`'s processes do
    /// counts together, one after the other.
    pub async fn admit(&self, owner: u64) -> (Permit, Lease) {
        let waiter = Waiter::new(owner, &self.0);
        loop {
            let changed = self.0.changed.notified();
            if let Some(admitted) = waiter.take() {
                return admitted;
            }
            changed.await;
        }
    }

    /// A slot, if one is free, nobody waits for it and memory is not short. No process is recalled.
    pub fn try_admit(&self, owner: u64) -> Option<(Permit, Lease)> {
        let mut slots = self.0.slots();
        let is_free = slots.waiting.is_empty() && slots.has_room() && !slots.is_under_pressure;
        is_free.then(|| {
            let id = slots.number();
            slots.grant(id, owner, &self.0)
        })
    }

    /// Keeps processes from starting, for a moment in which something must not come into use. Those that have slots go on.
    pub fn hold(&self) -> Hold {
        self.0.slots().holds += 1;
        Hold(Arc::clone(&self.0))
    }

    /// Whether the machine is short of memory. If it is, an idle process is recalled, unless one is leaving already.
    pub fn set_pressure(&self, is_high: bool) {
        let mut slots = self.0.slots();
        slots.is_under_pressure = is_high;
        if is_high && slots.leaving() == 0 {
            slots.recall_one(Recall::Memory);
        }
    }

    /// Whose processes have slots.
    pub fn owners(&self) -> Vec<u64> {
        let slots = self.0.slots();
        slots.taken.values().map(|slot| slot.owner).collect()
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
        let starting = self.taken.values().filter(|slot| slot.start.is_none());
        self.holds == 0 && self.taken.len() < self.max && starting.count() < self.max_starting
    }

    /// Gives a slot to a process that starts.
    fn grant(&mut self, id: u64, owner: u64, shared: &Arc<Shared>) -> (Permit, Lease) {
        let recall = Arc::new(Notify::new());
        let slot = Slot {
            owner,
            granted: Instant::now(),
            start: None,
            has_worked: false,
            idle_since: None,
            recalled: None,
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
        for _ in self.leaving() + free..self.waiting.len() {
            self.recall_one(Recall::Slot);
        }
    }

    /// How many processes are about to make room. A recalled process that works again makes none.
    fn leaving(&self) -> usize {
        let is_leaving = |slot: &&Slot| slot.recalled.is_some() && slot.idle_since.is_some();
        self.taken.values().filter(is_leaving).count()
    }

    fn recall_one(&mut self, why: Recall) {
        let usages = &self.usages;
        let idle = self.taken.values_mut().filter_map(|slot| {
            let candidate = Candidate {
                usage: usages.get(&slot.owner).copied().filter(|_| slot.has_worked),
                idle_since: slot.idle_since.filter(|_| slot.recalled.is_none())?,
            };
            Some((slot, candidate))
        });
        if let Some(slot) = least_needed(idle, Instant::now()) {
            slot.recalled = Some(why);
            slot.recall.notify_one();
        }
    }

    fn used(&mut self, owner: u64, start: Duration, now: Instant) {
        let usage = Usage::again(self.usages.get(&owner).copied(), start, now);
        self.usages.insert(owner, usage);
        self.usages.retain(|_, usage| usage.weight(now) > FORGOTTEN);
    }
}

impl<'a> Waiter<'a> {
    fn new(owner: u64, shared: &'a Arc<Shared>) -> Self {
        let mut slots = shared.slots();
        let id = slots.number();
        slots.waiting.insert(id);
        slots.recall_idle();
        Self { id, owner, shared }
    }

    /// Takes a slot if this is the first in the queue and there is one.
    fn take(&self) -> Option<(Permit, Lease)> {
        let mut slots = self.shared.slots();
        if slots.waiting.first() != Some(&self.id) || !slots.has_room() {
            return None;
        }
        slots.waiting.remove(&self.id);
        Some(slots.grant(self.id, self.owner, self.shared))
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

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.slots().holds -= 1;
        self.0.changed.notify_waiters();
    }
}

impl Lease {
    /// The process has started: another may start.
    pub fn ready(&self) {
        if let Some(slot) = self.shared.slots().taken.get_mut(&self.id) {
            slot.start = Some(slot.granted.elapsed());
        }
        self.shared.changed.notify_waiters();
    }

    /// The process is idle and may be recalled. `has_worked` is `false` if it has only been started.
    pub fn idle(&self, has_worked: bool) {
        let now = Instant::now();
        let mut slots = self.shared.slots();
        if let Some(slot) = slots.taken.get_mut(&self.id) {
            slot.idle_since = Some(now);
            slot.has_worked |= has_worked;
            let (owner, start) = (slot.owner, slot.start.unwrap_or_default());
            if has_worked {
                slots.used(owner, start, now);
            }
        }
        slots.recall_idle();
    }

    /// The process works.
    pub fn busy(&self) {
        if let Some(slot) = self.shared.slots().taken.get_mut(&self.id) {
            slot.idle_since = None;
        }
    }

    /// Resolves when the process shall make room, and why.
    pub async fn recalled(&self) -> Recall {
        self.recall.notified().await;
        let slots = self.shared.slots();
        let slot = slots.taken.get(&self.id);
        slot.and_then(|slot| slot.recalled).unwrap_or(Recall::Slot)
    }
}

#[cfg(test)]
mod tests;
