//! Who is alive: at most so many CLI processes at once, the longest idle one making room.
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
    next: u64,
    taken: BTreeMap<u64, Place>,
    waiting: VecDeque<oneshot::Sender<(Permit, Lease)>>,
}

#[derive(Debug)]
struct Place {
    /// When it became idle, as a count of such moments; `None` while it works.
    idle_since: Option<u64>,
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
    /// A pool of `max` places, at least one.
    #[must_use]
    pub fn new(max: usize) -> Self {
        let places = Places {
            max: max.max(1),
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
            if places.waiting.is_empty() && places.taken.len() < places.max {
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
    fn take(&mut self, shared: &Arc<Shared>) -> (Permit, Lease) {
        let id = self.next;
        self.next += 1;
        let recall = Arc::new(Notify::new());
        let place = Place {
            idle_since: None,
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

    /// Recalls as many idle processes as there are waiters that no recalled one makes room for yet.
    fn recall_idle(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_closed());
        // A recalled place that works again makes no room.
        let leaving = self
            .taken
            .values()
            .filter(|place| place.recalled && place.idle_since.is_some())
            .count();
        for _ in leaving..self.waiting.len() {
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
        let mut refused = Vec::new();
        while places.taken.len() < places.max {
            let Some(waiting) = places.waiting.pop_front() else {
                break;
            };
            let admitted = places.take(&self.shared);
            if let Err((permit, lease)) = waiting.send(admitted) {
                places.taken.remove(&permit.id);
                refused.push((permit, lease));
            }
        }
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
        let pool = Pool::new(2);
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
        let pool = Pool::new(1);
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
    async fn waiters_are_served_in_order_and_the_gone_are_skipped() {
        let pool = Pool::new(1);
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
