//! How long a call is still tried. Pure.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    until: Instant,
    outlasts_limits: bool,
}

impl Patience {
    /// With `outlasts_limits`, waiting for a rate limit costs no patience.
    pub(super) fn new(patience: Duration, outlasts_limits: bool, now: Instant) -> Self {
        Self {
            until: now + patience,
            outlasts_limits,
        }
    }

    /// When it ends; `None` while limits put that off.
    pub(super) fn until(self) -> Option<Instant> {
        (!self.outlasts_limits).then_some(self.until)
    }

    /// Whether it lasts until `limit`, when a rate limit has passed.
    pub(super) fn outlasts(self, limit: Instant) -> bool {
        self.until().is_none_or(|until| limit < until)
    }

    /// A rate limit has taken this long, or will.
    pub(super) fn limited(&mut self, wait: Duration) {
        if self.outlasts_limits {
            self.until += wait;
        }
    }

    /// A try may have been carried out, and a repetition after a long wait may do it twice. So waiting for rate limits
    /// costs patience from now on.
    pub(super) fn mark_uncertain(&mut self) {
        self.outlasts_limits = false;
    }

    /// Whether another try may begin at `then`.
    pub(super) fn allows(self, then: Instant) -> bool {
        then < self.until
    }
}

#[cfg(test)]
mod tests;
