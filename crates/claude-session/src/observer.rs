//! Observers of all lines that processes read and write: recorders, dashboards, metrics.
//!
//! An observer has a bounded queue. One that falls behind loses lines and is told how many; processes never wait for
//! it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::SystemTime,
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::process::Exit;

/// The most bytes in one observer's queue.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most lines in it.
const MAX_LINES: usize = 4096;

/// Where observers of a host's processes subscribe. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Observers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared(Mutex<Vec<Arc<Queue>>>);

/// A subscription. Dropping it ends it.
#[derive(Debug)]
pub struct Observer {
    queue: Arc<Queue>,
    shared: Weak<Shared>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    observations: VecDeque<Observation>,
    bytes: usize,
}

/// What an observer receives.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// Something happened to a process.
    Seen(Observed),
    /// The observer was too slow: so many observations are missing here.
    Lost(u64),
}

/// Something that happened to a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The session that the process serves.
    pub session_id: Arc<str>,
    pub pid: i32,
    pub at: SystemTime,
    pub what: ProcessEvent,
}

/// What happened. Lines are without their newline; [`parse`](crate::protocol::parse) reads those received.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcessEvent {
    /// A line for its stdin, just before it is written.
    Sent(Bytes),
    /// A line was read from its stdout.
    Received(Bytes),
    Exited(Exit),
}

/// A process and those who observe it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    observers: Observers,
    session_id: Arc<str>,
    pid: i32,
}

impl Observers {
    /// Observes all processes from now on.
    #[must_use]
    pub fn subscribe(&self) -> Observer {
        let queue = Arc::<Queue>::default();
        lock(&self.0.0).push(Arc::clone(&queue));
        Observer {
            queue,
            shared: Arc::downgrade(&self.0),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for queue in lock(&self.0).iter() {
            queue.arrived.notify_one();
        }
    }
}

impl Observer {
    /// The next observation, in order; `None` when all processes and their host are gone. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Observation> {
        loop {
            // Checked first: what came before the end is still in the queue.
            let is_over = self.shared.strong_count() == 0;
            let observation = lock(&self.queue.waiting).pop();
            if observation.is_some() || is_over {
                return observation;
            }
            self.queue.arrived.notified().await;
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            lock(&shared.0).retain(|queue| !Arc::ptr_eq(queue, &self.queue));
        }
    }
}

impl Subject {
    pub(crate) fn new(observers: &Observers, session_id: &str, pid: i32) -> Self {
        Self {
            observers: observers.clone(),
            session_id: session_id.into(),
            pid,
        }
    }

    /// Tells the observers, if there are any.
    pub(crate) fn notify(&self, what: impl FnOnce() -> ProcessEvent) {
        let queues = lock(&self.observers.0.0);
        if queues.is_empty() {
            return;
        }
        let observed = Observed {
            session_id: Arc::clone(&self.session_id),
            pid: self.pid,
            at: SystemTime::now(),
            what: what(),
        };
        for queue in queues.iter() {
            lock(&queue.waiting).push(observed.clone());
            queue.arrived.notify_one();
        }
    }
}

impl Waiting {
    fn push(&mut self, observed: Observed) {
        let bytes = observed.what.bytes();
        let is_full =
            self.observations.len() >= MAX_LINES || self.bytes.saturating_add(bytes) > MAX_BYTES;
        if !is_full || self.observations.is_empty() {
            self.bytes += bytes;
            self.observations.push_back(Observation::Seen(observed));
        } else if let Some(Observation::Lost(count)) = self.observations.back_mut() {
            *count += 1;
        } else {
            self.observations.push_back(Observation::Lost(1));
        }
    }

    fn pop(&mut self) -> Option<Observation> {
        let observation = self.observations.pop_front()?;
        if let Observation::Seen(observed) = &observation {
            self.bytes -= observed.what.bytes();
        }
        Some(observation)
    }
}

impl ProcessEvent {
    fn bytes(&self) -> usize {
        match self {
            Self::Sent(line) | Self::Received(line) => line.len(),
            Self::Exited(exit) => exit.stderr.len(),
        }
    }
}

// Nothing panics or awaits while it holds one of the locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
