//! How much a person or a channel may ask for: messages within an hour, dollars within a day.
//!
//! Pure: the time is passed in. `Window` is one sliding window, [`Limits`] all of them, and [`Streak`] keeps two
//! bots from talking to each other for ever. This room must not know what a message says, nor who is an admin: the
//! caller asks only about those whom limits concern.

mod streak;
mod window;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
pub use streak::Streak;
use window::Window;

use crate::{
    config::{Limit, LimitSettings},
    money::Usd,
    snowflake::{ChannelId, UserId},
};

/// How long a message counts.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// How long a cost counts.
const DAY: TimeDelta = TimeDelta::days(1);

/// How many windows are kept before those that have run empty are let go.
const KEPT: usize = 1_000;

/// What is reached, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Whose limit.
    pub scope: Scope,
    /// Of what.
    pub what: What,
    /// When there is room again.
    pub until: DateTime<Utc>,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One person's, in all channels.
    User,
    /// One channel's, whoever writes there.
    Channel,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Messages within an hour.
    Messages,
    /// Cost within a day.
    Cost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    User(UserId),
    Channel(ChannelId),
}

/// What was asked for and spent of late.
#[derive(Debug, Default)]
pub struct Limits {
    settings: LimitSettings,
    messages: HashMap<Whose, Window>,
    /// In billionths of a dollar.
    cost: HashMap<Whose, Window>,
}

impl Limits {
    /// Limits of which nothing is used yet.
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Takes a message in, which counts from now on, or says which limit is reached; then it does not count.
    ///
    /// # Errors
    ///
    /// [`Reached`].
    pub fn take(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.check_cost(user, channel, now)?;
        self.forget(now);
        let sides = self.sides(user, channel);
        for (scope, whose, limit) in sides {
            let Some(most) = limit.messages_per_hour else {
                continue;
            };
            let window = self.messages.entry(whose).or_default();
            if let Some(until) = window.full_until(u64::from(most), HOUR, now) {
                return Err(Reached {
                    scope,
                    what: What::Messages,
                    until,
                });
            }
        }
        for (_, whose, limit) in sides {
            if limit.messages_per_hour.is_some() {
                self.messages.entry(whose).or_default().add(1, now);
            }
        }
        Ok(())
    }

    /// Whether there is money left, before it is spent. What a turn costs is known only after it, so each of those that
    /// run when the limit is reached may go over it.
    ///
    /// # Errors
    ///
    /// [`Reached`].
    pub fn check_cost(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        for (scope, whose, limit) in self.sides(user, channel) {
            let (Some(most), Some(window)) = (limit.usd_per_day, self.cost.get_mut(&whose)) else {
                continue;
            };
            if let Some(until) = window.full_until(most.billionths(), DAY, now) {
                return Err(Reached {
                    scope,
                    what: What::Cost,
                    until,
                });
            }
        }
        Ok(())
    }

    /// Counts what a turn has cost; also those of earlier runs, so that a restart frees nobody.
    pub fn spent(&mut self, user: UserId, channel: ChannelId, usd: Usd, at: DateTime<Utc>) {
        for (_, whose, limit) in self.sides(user, channel) {
            if limit.usd_per_day.is_some() {
                self.cost
                    .entry(whose)
                    .or_default()
                    .add(usd.billionths(), at);
            }
        }
    }

    fn sides(&self, user: UserId, channel: ChannelId) -> [(Scope, Whose, Limit); 2] {
        [
            (Scope::User, Whose::User(user), self.settings.user),
            (
                Scope::Channel,
                Whose::Channel(channel),
                self.settings.channel,
            ),
        ]
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        for (windows, long) in [(&mut self.messages, HOUR), (&mut self.cost, DAY)] {
            if windows.len() > KEPT {
                windows.retain(|_, window| !window.is_empty(long, now));
            }
        }
    }
}

#[cfg(test)]
mod tests;
