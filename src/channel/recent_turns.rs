//! Who has asked for a turn lately, and where.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::snowflake::{ChannelId, UserId};

const LATELY: Duration = Duration::from_hours(1);

#[derive(Debug, Default)]
pub(super) struct RecentTurns(HashMap<(ChannelId, UserId), Instant>);

impl RecentTurns {
    pub(super) fn note(&mut self, channel: ChannelId, person: UserId, now: Instant) {
        self.0.retain(|_, at| now - *at < LATELY);
        self.0.insert((channel, person), now);
    }

    pub(super) fn has(&self, channel: ChannelId, person: UserId, now: Instant) -> bool {
        let last = self.0.get(&(channel, person));
        last.is_some_and(|at| now - *at < LATELY)
    }
}

#[cfg(test)]
mod tests;
