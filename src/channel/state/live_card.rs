//! The card of the running turn, and when its next version is due.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::messages::CardEnd;
use crate::{channel::progress::Progress, chat::PostKey, money::Usd};

/// How long Claude may think or wait for its API before a card says so.
const QUIET: Duration = Duration::from_secs(3);

/// The shortest time between two versions of a card.
const PACE: Duration = Duration::from_millis(1_200);

/// The longer a turn takes, the rarer its card changes: about this often each time its duration doubles.
const VERSIONS: u32 = 60;

#[derive(Debug, Default)]
pub(super) struct Cards {
    pub(super) live: Option<LiveCard>,
    /// The last finished card, while tasks run in the background.
    pub(super) background: Option<PostKey>,
    /// The background tasks that a card shows, by id.
    pub(super) tasks: Vec<String>,
}

/// The card of the running turn, shown or not.
#[derive(Debug)]
pub(super) struct LiveCard {
    /// Whether the turn reports on a background task. A message that waits for its end has no card yet.
    pub(super) is_report: bool,
    pub(super) progress: Progress,
    pub(super) began: Instant,
    /// Since when Claude has written nothing and run no step.
    pub(super) quiet_since: Instant,
    /// Its post, and when its last version was put; `None` before the first one.
    pub(super) shown: Option<(PostKey, Instant)>,
    /// When the next version is due.
    pub(super) due: Option<Instant>,
    pub(super) booked: Option<(Usd, CardEnd)>,
}

impl Cards {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.live.as_ref()?.due
    }

    /// The card of the running report.
    pub(super) fn report(&mut self) -> Option<&mut LiveCard> {
        self.live.as_mut().filter(|card| card.is_report)
    }
}

impl LiveCard {
    pub(super) fn new(is_report: bool, began: Instant, now: (Instant, DateTime<Utc>)) -> Self {
        let (mono, wall) = now;
        Self {
            is_report,
            progress: Progress::new(wall),
            began,
            quiet_since: mono,
            shown: None,
            due: None,
            booked: None,
        }
    }

    /// When a change is to be shown; `None` if nothing is worth a card.
    pub(super) fn next_version(&self, now: Instant) -> Option<Instant> {
        match &self.shown {
            Some((_, at)) => Some(*at + PACE.max((now - self.began) / VERSIONS)),
            None if self.progress.is_notable() => Some(now),
            None => (self.progress.is_quiet()).then_some(self.quiet_since + QUIET),
        }
    }
}
