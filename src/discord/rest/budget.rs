//! Counts the bot's invalid requests. Pure.
//!
//! Discord bans an address after 10,000 answers of 401, 403 or 429 in 10 minutes to all bots at that address (its
//! developer docs, "Invalid request limit").

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The time over which Discord counts.
const WINDOW: Duration = Duration::from_mins(10);

/// From this many on, something is wrong.
const ODD: usize = 1_000;

/// At this many the bot stops.
const MOST: usize = 5_000;

/// What to do after one more invalid request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BudgetState {
    Fine,
    /// Warn, once.
    Odd(usize),
    /// Stop sending.
    Spent(usize),
}

#[derive(Debug, Default)]
pub(super) struct Budget {
    /// The times of the last ones, oldest first, at most [`MOST`].
    invalid: VecDeque<Instant>,
    warned: bool,
}

impl Budget {
    pub(super) fn count(&mut self, now: Instant) -> BudgetState {
        let is_over = |at: &Instant| now.saturating_duration_since(*at) >= WINDOW;
        while self.invalid.front().is_some_and(is_over) {
            self.invalid.pop_front();
        }
        if self.invalid.len() < MOST {
            self.invalid.push_back(now);
        }
        let count = self.invalid.len();
        if count >= MOST {
            return BudgetState::Spent(count);
        }
        let was_warned = self.warned;
        self.warned = count >= ODD;
        if self.warned && !was_warned {
            BudgetState::Odd(count)
        } else {
            BudgetState::Fine
        }
    }
}

#[cfg(test)]
mod tests;
