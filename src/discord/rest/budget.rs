//! How many invalid requests the bot has made. Pure.
//!
//! Discord bans an address for more than 10,000 answers of 401, 403 or 429 in 10 minutes, whichever bots send from
//! it (its developer docs, "Invalid request limit").

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The time over which Discord counts.
const WINDOW: Duration = Duration::from_mins(10);

/// From here on something is wrong.
const ODD: usize = 1_000;

/// Here the bot stops.
const MOST: usize = 5_000;

/// What to do after one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing.
    Fine,
    /// To say so, once.
    Odd(usize),
    /// To stop sending.
    Spent(usize),
}

/// The count.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// When each came, oldest first; never more than [`MOST`].
    invalid: VecDeque<Instant>,
    warned: bool,
}

impl Budget {
    /// Counts one more.
    pub(super) fn count(&mut self, now: Instant) -> Standing {
        let is_over = |at: &Instant| now.saturating_duration_since(*at) >= WINDOW;
        while self.invalid.front().is_some_and(is_over) {
            self.invalid.pop_front();
        }
        if self.invalid.len() < MOST {
            self.invalid.push_back(now);
        }
        let count = self.invalid.len();
        if count >= MOST {
            return Standing::Spent(count);
        }
        let was_warned = self.warned;
        self.warned = count >= ODD;
        if self.warned && !was_warned {
            Standing::Odd(count)
        } else {
            Standing::Fine
        }
    }

    /// How many there were in the last 10 minutes.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.invalid.len()
    }
}

#[cfg(test)]
mod tests;
