use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use super::*;

const CHANNEL: ChannelId = ChannelId(1);

/// Notes its work and how often it was made.
struct Clerk(Arc<Mutex<Vec<u32>>>);

impl Serve for Clerk {
    type Work = u32;

    async fn serve(&mut self, queue: &mut Queue<u32>) {
        while let Ok(work) = queue.try_recv() {
            assert_ne!(work, 13, "fails");
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push(work);
        }
    }
}

#[derive(Default)]
struct Office {
    crew: Crew<Clerk>,
    done: Arc<Mutex<Vec<u32>>>,
    clerks: AtomicUsize,
}

impl Office {
    fn give(&mut self, work: u32) {
        self.crew.give(CHANNEL, work, || {
            self.clerks.fetch_add(1, Ordering::Relaxed);
            Clerk(Arc::clone(&self.done))
        });
    }

    /// Works until nobody has anything to do.
    async fn rest(&mut self) {
        while !self.crew.tasks.is_empty() {
            self.crew.next_resting().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_work_is_done_in_order_by_one_worker() {
    let mut office = Office::default();
    let all: Vec<u32> = (20..5_000).collect();
    for work in &all {
        office.give(*work);
        if work % 7 == 0 {
            // The worker may be about to rest.
            tokio::task::yield_now().await;
        }
        if work % 11 == 0 {
            office.crew.next_resting().await;
        }
    }
    office.rest().await;
    assert_eq!(*office.done.lock().unwrap(), all);
    assert_eq!(office.clerks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_worker_at_rest_has_no_task() {
    let mut office = Office::default();
    office.give(1);
    office.rest().await;
    assert!(office.crew.channels.is_empty());
    assert!(matches!(
        office.crew.workers.get(&CHANNEL),
        Some(State::Resting(_))
    ));
}

#[tokio::test]
async fn a_worker_that_failed_is_replaced() {
    let mut office = Office::default();
    office.give(13);
    office.rest().await;
    office.give(1);
    office.rest().await;
    assert_eq!(*office.done.lock().unwrap(), [1]);
    assert_eq!(office.clerks.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_end_waits_for_all_work() {
    let mut office = Office::default();
    for work in 0..10 {
        office.give(work);
    }
    office.crew.finish().await;
    assert_eq!(office.done.lock().unwrap().len(), 10);
}
