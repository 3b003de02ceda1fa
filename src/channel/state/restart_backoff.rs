//! How soon a process that ends by itself is started again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::backoff::Backoff;

/// So many failures within the window, and there is no start until the first of them is past it.
const MOST: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);

/// The last failures: processes that did not come up, or ended when nobody had asked them to.
#[derive(Debug, Default)]
pub(super) struct RestartBackoff {
    in_row: u32,
    recent: VecDeque<Instant>,
}

impl RestartBackoff {
    /// A process failed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.in_row = self.in_row.saturating_add(1);
        if self.recent.len() == MOST {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    /// A process has done its work, or nobody waits for the next try any more: no pause but the window's.
    pub(super) fn succeeded(&mut self) {
        self.in_row = 0;
    }

    /// Whether so many have failed of late that the next start waits for the window.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.window().is_some_and(|end| end > now)
    }

    /// Until when there is no start; `None` if there may be one.
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
