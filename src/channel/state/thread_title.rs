//! The title of a thread that a message got for itself: a sign of its state, then what was asked. Pure.
//!
//! Discord takes two new names in ten minutes. One of them is kept for the end of a turn, so that no thread seems to work
//! that does not.

use std::time::{Duration, Instant};

/// For how long a new name counts, and how many count at most.
const WINDOW: Duration = Duration::from_mins(10);
const MOST: usize = 2;

/// A turn that takes less is not shown.
const DEBOUNCE: Duration = Duration::from_secs(5);

/// The state of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Working,
    Done,
    Failed,
}

impl Sign {
    pub(super) fn emoji(self) -> &'static str {
        match self {
            Self::Working => "\u{23f3}",
            Self::Done => "\u{2705}",
            Self::Failed => "\u{274c}",
        }
    }

    /// The title that shows it.
    pub(super) fn before(self, words: &str) -> String {
        format!("{} {words}", self.emoji())
    }
}

#[derive(Debug, Default)]
pub(super) struct Renames {
    /// When the thread got its last names.
    at: Vec<Instant>,
    /// When the next one is due.
    pub(super) due: Option<Instant>,
    /// What the thread has been doing, and since when.
    doing: Option<(Sign, Instant)>,
}

impl Renames {
    /// Notes what the thread does, and returns since when.
    pub(super) fn since(&mut self, sign: Sign, now: Instant) -> Instant {
        match self.doing {
            Some((known, since)) if known == sign => since,
            _ => {
                self.doing = Some((sign, now));
                now
            }
        }
    }

    /// Whether the thread may get this sign now. Otherwise it is due later. `since` is the beginning of what it shows.
    pub(super) fn may_show(&mut self, sign: Sign, since: Instant, now: Instant) -> bool {
        self.at.retain(|at| now < *at + WINDOW);
        let (from, most) = match sign {
            Sign::Working => (since + DEBOUNCE, MOST - 1),
            Sign::Done | Sign::Failed => (now, MOST),
        };
        let free = match self.at.len().checked_sub(most) {
            Some(over) => self.at.get(over).map_or(now, |at| *at + WINDOW),
            None => now,
        };
        let due = from.max(free);
        self.due = (now < due).then_some(due);
        if self.due.is_none() {
            self.at.push(now);
        }
        self.due.is_none()
    }
}

#[cfg(test)]
mod tests;
