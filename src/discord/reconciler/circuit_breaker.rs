//! Channels that reject the bot: they are left alone for a while. Pure.
//!
//! Discord answers 403 or 404 where the bot may not write or the channel is gone, and each such answer counts against
//! the bot's address. The person there sees nothing either way; the log gets one line.

use std::time::{Duration, Instant};

/// How long a channel is left alone; then one more message is tried.
pub(super) const OPEN_FOR: Duration = Duration::from_mins(10);

/// One channel's circuit breaker.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    open_until: Option<Instant>,
}

impl CircuitBreaker {
    /// Whether nothing may be sent to the channel.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }

    /// Opens the circuit breaker if the channel rejected the bot with this status; returns whether it was closed
    /// before.
    pub(super) fn failed(&mut self, status: u16, now: Instant) -> bool {
        let is_rejected = matches!(status, 403 | 404);
        let was_open = self.is_open(now);
        if is_rejected {
            self.open_until = Some(now + OPEN_FOR);
        }
        is_rejected && !was_open
    }

    /// Closes the circuit breaker: the channel accepted something.
    pub(super) fn succeeded(&mut self) {
        self.open_until = None;
    }
}

#[cfg(test)]
mod tests;
