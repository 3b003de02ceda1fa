//! A sliding window.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// The number of windows above which empty ones are dropped.
pub(super) const MAX_WINDOWS: usize = 1_000;

/// Amounts and their times, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: VecDeque<(DateTime<Utc>, u64)>,
    sum: u64,
}

impl Window {
    pub(super) fn add(&mut self, amount: u64, at: DateTime<Utc>) {
        self.entries.push_back((at, amount));
        self.sum = self.sum.saturating_add(amount);
    }

    /// When the sum in a window of this length drops below `max`; `None` if it already is.
    pub(super) fn full_until(
        &mut self,
        max: u64,
        length: TimeDelta,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.slide(length, now);
        let mut left = self.sum;
        if left < max {
            return None;
        }
        for (at, amount) in &self.entries {
            left = left.saturating_sub(*amount);
            if left < max {
                return Some(*at + length);
            }
        }
        // A limit of 0 is always reached.
        Some(now + length)
    }

    /// The sum in a window of this length.
    pub(super) fn sum(&mut self, length: TimeDelta, now: DateTime<Utc>) -> u64 {
        self.slide(length, now);
        self.sum
    }

    /// Whether no entry counts any longer.
    pub(super) fn is_empty(&mut self, length: TimeDelta, now: DateTime<Utc>) -> bool {
        self.slide(length, now);
        self.entries.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Drops the oldest entries, up to this time.
    pub(super) fn forget(&mut self, until: DateTime<Utc>) {
        while let Some((at, amount)) = self.entries.front()
            && *at < until
        {
            self.sum = self.sum.saturating_sub(*amount);
            self.entries.pop_front();
        }
    }

    /// Drops entries that are too old, or in the future because the clock was set back.
    fn slide(&mut self, length: TimeDelta, now: DateTime<Utc>) {
        self.entries
            .retain(|(at, _)| *at <= now && now.signed_duration_since(*at) < length);
        self.sum = self
            .entries
            .iter()
            .fold(0, |sum, (_, amount)| sum.saturating_add(*amount));
    }
}
