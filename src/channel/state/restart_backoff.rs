//! How soon a process that failed is started again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::backoff::Backoff;

/// After this many failures within the window, the next start waits until the first of them leaves it.
const MOST: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);

/// The last failures: processes that did not start or exited unexpectedly.
#[derive(Debug, Default)]
pub(super) struct RestartBackoff {
    in_row: u32,
    recent: VecDeque<Instant>,
}

impl RestartBackoff {
    pub(super) fn failed(&mut self, now: Instant) {
        self.in_row = self.in_row.saturating_add(1);
        if self.recent.len() == MOST {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    /// Ends the growing pauses; the window still applies.
    pub(super) fn succeeded(&mut self) {
        self.in_row = 0;
    }

    /// Whether there were too many failures within the window.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.window().is_some_and(|end| end > now)
    }

    /// When the next start is allowed; `None` if it is now.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        let pause = Backoff::RECONNECT.delay(self.in_row);
        let paused = self.recent.back().map(|last| *last + pause);
        [paused, self.window()]
            .into_iter()
            .flatten()
            .max()
            .filter(|until| *until > now)
    }

    fn window(&self) -> Option<Instant> {
        let first = self.recent.front()?;
        (self.recent.len() == MOST).then(|| *first + WINDOW)
    }
}

#[cfg(test)]
mod tests;
