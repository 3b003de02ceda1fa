//! One sliding window.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// Amounts and their times, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: VecDeque<(DateTime<Utc>, u64)>,
    sum: u64,
}

impl Window {
    /// Adds an amount.
    pub(super) fn add(&mut self, amount: u64, at: DateTime<Utc>) {
        self.entries.push_back((at, amount));
        self.sum = self.sum.saturating_add(amount);
    }

    /// When there is room again below `most` in a window of this length; `None` where there is now.
    pub(super) fn full_until(
        &mut self,
        most: u64,
        length: TimeDelta,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.slide(length, now);
        let mut left = self.sum;
        if left < most {
            return None;
        }
        for (at, amount) in &self.entries {
            left = left.saturating_sub(*amount);
            if left < most {
                return Some(*at + length);
            }
        }
        // A limit of nothing never has room.
        Some(now + length)
    }

    /// Whether nothing counts any more.
    pub(super) fn is_empty(&mut self, length: TimeDelta, now: DateTime<Utc>) -> bool {
        self.slide(length, now);
        self.entries.is_empty()
    }

    /// Forgets what is too old, and what lies in the future: the clock was set back.
    fn slide(&mut self, length: TimeDelta, now: DateTime<Utc>) {
        self.entries
            .retain(|(at, _)| *at <= now && now.signed_duration_since(*at) < length);
        self.sum = self
            .entries
            .iter()
            .fold(0, |sum, (_, amount)| sum.saturating_add(*amount));
    }
}
