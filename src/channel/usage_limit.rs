//! The usage limit that is reached. It belongs to the login, so it stops all channels.

use tokio::sync::watch;

use crate::registry::Record;

#[derive(Debug)]
pub(crate) struct UsageLimit {
    /// When it resets, in seconds since 1970.
    until: watch::Sender<i64>,
}

impl UsageLimit {
    /// `records` may hold the limit that an earlier run of the bot has met.
    pub(crate) fn new(records: impl Iterator<Item = Record>) -> Self {
        let states = records.map(|record| record.state);
        let shared = states.filter(|state| !is_of_model(state.limit_kind.as_deref()));
        let until = shared.filter_map(|state| state.limited_until).max();
        Self {
            until: watch::Sender::new(until.unwrap_or(0)),
        }
    }

    pub(super) fn reached(&self, until: i64) {
        self.until.send_if_modified(|known| {
            let is_later = until > *known;
            *known = until.max(*known);
            is_later
        });
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<i64> {
        self.until.subscribe()
    }
}

/// Whether other models can still be asked when this kind of limit is reached.
pub(super) fn is_of_model(kind: Option<&str>) -> bool {
    kind.is_some_and(|kind| kind.starts_with("seven_day_"))
}
