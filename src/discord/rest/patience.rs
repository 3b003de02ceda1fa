//! How long a call is still tried. Pure: the time is passed in.

use std::time::{Duration, Instant};

/// What is left of a call's patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    until: Instant,
    outlasts_limits: bool,
}

impl Patience {
    /// A call begins. Where it outlasts limits, to wait for one costs nothing.
    pub(super) fn new(patience: Duration, outlasts_limits: bool, now: Instant) -> Self {
        Self {
            until: now + patience,
            outlasts_limits,
        }
    }

    /// When it ends, unless limits put that off.
    pub(super) fn until(self) -> Option<Instant> {
        (!self.outlasts_limits).then_some(self.until)
    }

    /// Whether it lasts until a limit has passed.
    pub(super) fn outlasts(self, limit: Instant) -> bool {
        self.until().is_none_or(|until| limit < until)
    }

    /// A limit has taken this long, or will.
    pub(super) fn limited(&mut self, wait: Duration) {
        if self.outlasts_limits {
            self.until += wait;
        }
    }

    /// A try may have been carried out, though nobody knows: whoever repeats it after a limit of any length may
    /// double it. So limits put off nothing from then on.
    pub(super) fn in_doubt(&mut self) {
        self.outlasts_limits = false;
    }

    /// Whether there may be another try then.
    pub(super) fn allows(self, then: Instant) -> bool {
        then < self.until
    }
}

#[cfg(test)]
mod tests;
