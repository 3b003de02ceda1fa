//! Slows down whoever guesses the password. Pure: the time is passed in.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// How long nobody can try again after a wrong one.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// How many wrong ones in a row cost no time, because people mistype.
const FREE: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Guesses {
    /// In a row.
    wrong: u32,
    not_before: Option<Instant>,
}

impl Guesses {
    /// How long nobody can try, if so.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        let left = self.not_before?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn note(&mut self, is_right: bool, now: Instant) {
        if is_right {
            *self = Self::default();
            return;
        }
        self.wrong = self.wrong.saturating_add(1);
        self.not_before = Some(now + PAUSES.delay(self.wrong.saturating_sub(FREE)));
    }
}

#[cfg(test)]
mod tests;
