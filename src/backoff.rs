//! Exponential backoff. Pure: the caller counts failures, sleeps and draws random numbers.

use std::time::Duration;

/// Delays that double from `first` up to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
}

impl Backoff {
    /// For what is retried until it works.
    pub(crate) const RECONNECT: Self = Self::new(Duration::from_secs(1), Duration::from_mins(1));

    pub(crate) const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max }
    }

    pub(crate) const fn max(self) -> Duration {
        self.max
    }

    /// The delay after this many failures in a row; none without a failure.
    pub(crate) fn delay(self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else {
            return Duration::ZERO;
        };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.max)
    }

    /// The delay, shortened by up to half, so that clients that failed together do not retry together. `random` is any
    /// number.
    pub(crate) fn jittered(self, failures: u32, random: u64) -> Duration {
        const STEPS: u32 = 1024;
        let half = self.delay(failures) / 2;
        let step = u32::try_from(random % u64::from(STEPS)).unwrap_or(0);
        half + half * step / STEPS
    }
}

#[cfg(test)]
mod tests;
