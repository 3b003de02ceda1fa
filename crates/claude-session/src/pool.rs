//! Who is alive: at most so many CLI processes at once, the longest idle one making room; and at most so many that
//! are coming up, which takes each of them a second of a processor (measured on 2.1.197 and 2.1.329).
//!
//! Owns the count; knows nothing of what a process does. A [`Permit`] goes with the process and frees its place
//! when nothing of the process is left; a [`Lease`] stays with the channel, which says by it whether it is idle
//! and hears by it that its process is wanted back.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

/// The pool. Clones share it.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    // A std mutex: nothing is awaited while it is held.
    places: Mutex<Places>,
    emptied: Notify,
}

/// The pure part: who has a place, who is idle, who waits.
#[derive(Debug)]
struct Places {
    max: usize,
    max_starting: usize,
    next: u64,
    taken: BTreeMap<u64, Place>,
    waiting: VecDeque<oneshot::Sender<(Permit, Lease)>>,
}

#[derive(Debug)]
struct Place {
    /// When it became idle, as a count of such moments; `None` while it works.
    idle_since: Option<u64>,
    is_starting: bool,
    recalled: bool,
    recall: Arc<Notify>,
}

/// The right of one process to live. Given back on drop.
#[derive(Debug)]
pub struct Permit {
    id: u64,
    shared: Arc<Shared>,
}

/// The channel's side of a [`Permit`].
#[derive(Debug)]
pub struct Lease {
    id: u64,
    recall: Arc<Notify>,
    shared: Arc<Shared>,
}

impl Pool {
    /// A pool of `max` places, of which `max_starting` may be taken by processes that are coming up; at least one.
    #[must_use]
    pub fn new(max: usize, max_starting: usize) -> Self {
        let places = Places {
            max: max.max(1),
            max_starting: max_starting.max(1),
            next: 0,
            taken: BTreeMap::new(),
            waiting: VecDeque::new(),
        };
        Self {
            shared: Arc::new(Shared {
                places: Mutex::new(places),
                emptied: Notify::new(),
            }),
        }
    }

    /// Waits for a place, in order of asking; asks the longest idle process to leave if all are taken.
    pub async fn admit(&self) -> (Permit, Lease) {
        let waiting = {
            let mut places = self.shared.places();
            if places.waiting.is_empty() && places.has_room() {
                return places.take(&self.shared);
            }
            let (sender, waiting) = oneshot::channel();
            places.waiting.push_back(sender);
            places.recall_idle();
            waiting
        };
        match waiting.await {
            Ok(admitted) => admitted,
            // The sender lives as long as the pool, which `self` keeps.
            Err(_) => self.shared.places().take(&self.shared),
        }
    }

    /// How many processes live, and how many wait to.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let places = self.shared.places();
        (places.taken.len(), places.waiting.len())
    }

    /// Resolves when no process lives.
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
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn has_room(&self) -> bool {
        let starting = self.taken.values().filter(|place| place.is_starting);
        self.taken.len() < self.max && starting.count() < self.max_starting
    }

    /// Gives places to those who wait while there are any. Those who have gone in the meantime get theirs too, and
    /// their permits are returned, to be dropped when the lock is free.
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
        let place = Place {
            idle_since: None,
            is_starting: true,
            recalled: false,
            recall: Arc::clone(&recall),
        };
        self.taken.insert(id, place);
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

    /// Recalls as many idle processes as there are waiters that neither a free place nor a recalled one makes room
    /// for yet.
    fn recall_idle(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_closed());
        let free = self.max.saturating_sub(self.taken.len());
        // A recalled place that works again makes no room.
        let leaving = self
            .taken
            .values()
            .filter(|place| place.recalled && place.idle_since.is_some())
            .count();
        for _ in leaving + free..self.waiting.len() {
            let idle = self.taken.values_mut().filter(|place| !place.recalled);
            let longest = idle
                .filter(|place| place.idle_since.is_some())
                .min_by_key(|place| place.idle_since);
            let Some(place) = longest else { return };
            place.recalled = true;
            place.recall.notify_one();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut places = self.shared.places();
        places.taken.remove(&self.id);
        let refused = places.admit_waiting(&self.shared);
        let empty = places.taken.is_empty();
        drop(places);
        // Dropped only now: a permit's own drop takes the lock again.
        drop(refused);
        if empty {
            self.shared.emptied.notify_waiters();
        }
    }
}

impl Lease {
    /// The process has come up: another may start.
    pub fn ready(&self) {
        let mut places = self.shared.places();
        if let Some(place) = places.taken.get_mut(&self.id) {
            place.is_starting = false;
        }
        let refused = places.admit_waiting(&self.shared);
        drop(places);
        // Dropped only now: a permit's own drop takes the lock.
        drop(refused);
    }

    /// The process waits for a message and may be recalled.
    pub fn idle(&self) {
        let mut places = self.shared.places();
        let moment = places.next;
        places.next += 1;
        if let Some(place) = places.taken.get_mut(&self.id) {
            place.idle_since = Some(moment);
        }
        places.recall_idle();
    }

    /// The process works.
    pub fn busy(&self) {
        if let Some(place) = self.shared.places().taken.get_mut(&self.id) {
            place.idle_since = None;
        }
    }

    /// Resolves when the place is wanted by another.
    pub async fn recalled(&self) {
        self.recall.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn soon<T>(future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(Duration::from_millis(50), future)
            .await
            .ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_pool_recalls_the_longest_idle() {
        let pool = Pool::new(2, 2);
        let (first, first_lease) = pool.admit().await;
        let (_second, second_lease) = pool.admit().await;
        assert!(
            soon(pool.admit()).await.is_none(),
            "both work: nobody makes room"
        );
        second_lease.idle();
        first_lease.idle();
        let third = tokio::spawn({
            let pool = pool.clone();
            async move { pool.admit().await }
        });
        assert!(
            soon(second_lease.recalled()).await.is_some(),
            "idle for longer"
        );
        assert!(
            soon(first_lease.recalled()).await.is_none(),
            "one is enough"
        );
        drop(first);
        assert!(soon(third).await.is_some(), "a place is a place");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_becomes_idle_makes_room_for_who_waits() {
        let pool = Pool::new(1, 1);
        let (permit, lease) = pool.admit().await;
        let next = tokio::spawn({
            let pool = pool.clone();
            async move { pool.admit().await }
        });
        assert!(soon(lease.recalled()).await.is_none());
        lease.idle();
        assert!(soon(lease.recalled()).await.is_some());
        drop(permit);
        let (permit, _lease) = soon(next).await.unwrap().unwrap();
        assert_eq!(pool.count(), (1, 0));
        assert!(soon(pool.emptied()).await.is_none());
        drop(permit);
        assert!(soon(pool.emptied()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_come_up_at_once_and_no_more() {
        let pool = Pool::new(4, 2);
        let (_first, first_lease) = pool.admit().await;
        let (second, _lease) = pool.admit().await;
        let waiter = || {
            let pool = pool.clone();
            tokio::spawn(async move { pool.admit().await })
        };
        let (third, fourth) = (waiter(), waiter());
        tokio::task::yield_now().await;
        assert_eq!(pool.count(), (2, 2), "places are free, and two come up");
        first_lease.idle();
        assert!(
            soon(first_lease.recalled()).await.is_none(),
            "a place is free: nobody has to make room"
        );
        first_lease.ready();
        let third = soon(third).await.unwrap().unwrap();
        assert_eq!(pool.count(), (3, 1));
        drop(second);
        assert!(
            soon(fourth).await.is_some(),
            "one that never came up gives its turn back"
        );
        drop(third);
    }

    #[tokio::test(start_paused = true)]
    async fn waiters_are_served_in_order_and_the_gone_are_skipped() {
        let pool = Pool::new(1, 1);
        let (permit, _lease) = pool.admit().await;
        let waiter = || {
            let pool = pool.clone();
            tokio::spawn(async move { pool.admit().await })
        };
        let (gone, second, third) = (waiter(), waiter(), waiter());
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.is_err());
        drop(permit);
        let held = soon(second).await.unwrap().unwrap();
        assert_eq!(pool.count(), (1, 1));
        drop(held);
        assert!(soon(third).await.is_some());
    }
}
