//! Stops sending to a channel that rejects the bot, for a while. Pure.
//!
//! Discord answers 403 or 404 if the bot may not write or the channel is gone, and each such answer counts against the
//! bot's address.

use std::time::{Duration, Instant};

/// Then one more message is tried.
pub(super) const OPEN_FOR: Duration = Duration::from_mins(10);

#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    open_until: Option<Instant>,
}

impl CircuitBreaker {
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }

    /// Opens if the status is a rejection; returns whether it was closed before.
    pub(super) fn failed(&mut self, status: u16, now: Instant) -> bool {
        let is_rejected = matches!(status, 403 | 404);
        let was_open = self.is_open(now);
        if is_rejected {
            self.open_until = Some(now + OPEN_FOR);
        }
        is_rejected && !was_open
    }

    pub(super) fn succeeded(&mut self) {
        self.open_until = None;
    }
}

#[cfg(test)]
mod tests;
