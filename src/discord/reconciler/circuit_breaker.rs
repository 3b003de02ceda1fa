//! Stops sending to a channel that rejects the bot, for a while.
//!
//! Discord answers 403 or 404 if the bot may not write or the channel is gone, and each such answer counts against the
//! bot's address.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Then one more message is tried.
pub(super) const OPEN_FOR: Duration = Duration::from_mins(10);

/// A handle: a channel's posts and its reactions share one.
#[derive(Debug, Default, Clone)]
pub(super) struct CircuitBreaker {
    open_until: Arc<Mutex<Option<Instant>>>,
}

impl CircuitBreaker {
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.open_until().is_some_and(|until| now < until)
    }

    /// Opens if the status is a rejection; returns whether it was closed before.
    pub(super) fn failed(&self, status: u16, now: Instant) -> bool {
        let is_rejected = matches!(status, 403 | 404);
        let was_open = self.is_open(now);
        if is_rejected {
            *self.open_until() = Some(now + OPEN_FOR);
        }
        is_rejected && !was_open
    }

    pub(super) fn succeeded(&self) {
        *self.open_until() = None;
    }

    fn open_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.open_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
