//! The usage limit that is reached. It belongs to the login, so it stops all channels.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::{claude::protocol::RateLimit, registry::Record};

#[derive(Debug)]
pub(crate) struct UsageLimit {
    /// When it resets, in seconds since 1970.
    until: watch::Sender<i64>,
    plan: Mutex<PlanUsage>,
}

/// What the CLI has told of the login's plan. A login by API key has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PlanUsage {
    pub(crate) is_login: bool,
    pub(crate) windows: Vec<PlanWindow>,
}

/// How much of one of the plan's limits is used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlanWindow {
    /// `five_hour`, `seven_day`, ...
    pub(crate) kind: String,
    /// From 0 to 1.
    pub(crate) used: f64,
    /// In seconds since 1970.
    pub(crate) resets_at: Option<i64>,
}

impl PlanUsage {
    fn heard(&mut self, limit: &RateLimit) {
        self.is_login = true;
        let own = (limit.kind.as_deref(), limit.utilization, limit.resets_at);
        let listed = limit.windows.iter();
        let listed = listed.map(|it| (Some(it.kind.as_str()), it.utilization, it.resets_at));
        for (kind, used, resets_at) in std::iter::once(own).chain(listed) {
            let (Some(kind), Some(used)) = (kind, used) else {
                continue;
            };
            self.windows.retain(|window| window.kind != kind);
            self.windows.push(PlanWindow {
                kind: kind.to_owned(),
                used,
                resets_at: resets_at.and_then(|at| i64::try_from(at).ok()),
            });
        }
    }
}

impl UsageLimit {
    /// `records` may hold the limit that an earlier run of the bot has met.
    pub(crate) fn new(records: impl Iterator<Item = Record>) -> Self {
        let states = records.map(|record| record.state);
        let shared = states.filter(|state| !is_of_model(state.limit_kind.as_deref()));
        let until = shared.filter_map(|state| state.limited_until).max();
        Self {
            until: watch::Sender::new(until.unwrap_or(0)),
            plan: Mutex::default(),
        }
    }

    /// The CLI has told how much of a limit is used.
    pub(super) fn heard(&self, limit: &RateLimit) {
        let plan = self.plan.lock();
        plan.unwrap_or_else(PoisonError::into_inner).heard(limit);
    }

    pub(super) fn plan(&self) -> PlanUsage {
        let plan = self.plan.lock();
        plan.unwrap_or_else(PoisonError::into_inner).clone()
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

#[cfg(test)]
mod tests;
