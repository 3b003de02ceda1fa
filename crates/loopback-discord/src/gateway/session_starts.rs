//! How many sessions the bot may still start, as Discord counts them: a fixed number in 24 hours.
//!
//! Pure: times are milliseconds since the Unix epoch.

/// The limit of an ordinary bot.
pub(crate) const TOTAL: u64 = 1_000;

const DAY_MS: u64 = 86_400_000;

/// The starts used since the last reset. The first one after a reset begins the next 24 hours.
#[derive(Debug, Default)]
pub(crate) struct SessionStarts {
    used: u64,
    resets_at: u64,
}

impl SessionStarts {
    /// Sets what is left and when the limit is reset.
    pub(crate) fn set(&mut self, remaining: u64, reset_after_ms: u64, now: u64) {
        self.used = TOTAL.saturating_sub(remaining);
        self.resets_at = now + reset_after_ms;
    }

    /// What is left, and in how many milliseconds the limit is reset.
    pub(crate) fn limit(&self, now: u64) -> (u64, u64) {
        match self.resets_at.saturating_sub(now) {
            0 => (TOTAL, 0),
            reset_after => (TOTAL.saturating_sub(self.used), reset_after),
        }
    }

    /// Counts a start; `false` if none was left.
    pub(super) fn take(&mut self, now: u64) -> bool {
        let (remaining, reset_after) = self.limit(now);
        if reset_after == 0 {
            self.set(TOTAL, DAY_MS, now);
        }
        self.used += 1;
        remaining > 0
    }
}

#[cfg(test)]
mod tests;
