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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_up_to_a_minute_and_end_with_success() {
        let mut now = Instant::now();
        let mut backoff = RestartBackoff::default();
        assert_eq!(backoff.until(now), None);
        for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            // Far enough apart that the window does not matter.
            now += WINDOW * 2;
            backoff.failed(now);
            assert_eq!(backoff.until(now), Some(now + SECOND * pause));
            assert!(!backoff.is_open(now));
        }
        backoff.succeeded();
        assert_eq!(backoff.until(now), None);
    }

    #[test]
    fn five_failures_in_a_minute_open_it_until_the_first_is_past() {
        let begun = Instant::now();
        let mut backoff = RestartBackoff::default();
        for second in 0..5 {
            assert!(!backoff.is_open(begun + SECOND * second));
            backoff.failed(begun + SECOND * second);
            backoff.succeeded();
        }
        let now = begun + SECOND * 10;
        assert!(backoff.is_open(now));
        assert_eq!(backoff.until(now), Some(begun + WINDOW));
        assert_eq!(backoff.until(begun + WINDOW), None);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_five_failing_starts(waits in prop::collection::vec(0u64..30_000, 1..60),
                                                       successes in prop::collection::vec(any::<bool>(), 60)) {
            let mut now = Instant::now();
            let mut backoff = RestartBackoff::default();
            let mut failures: Vec<Instant> = Vec::new();
            for (wait, successes) in waits.iter().zip(successes) {
                now += Duration::from_millis(*wait);
                now = backoff.until(now).unwrap_or(now);
                backoff.failed(now);
                if successes {
                    backoff.succeeded();
                }
                failures.push(now);
            }
            for six in failures.windows(MOST + 1) {
                prop_assert!(six[MOST] - six[0] >= WINDOW);
            }
        }
    }
}
