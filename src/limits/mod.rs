//! Limits per person and per channel: messages per hour, cost per day. Pure.
//!
//! Admins have no limits; the caller does not ask about them.

mod bot_loop_guard;
mod window;

use std::collections::HashMap;

pub use bot_loop_guard::BotLoopGuard;
use chrono::{DateTime, TimeDelta, Utc};
use window::Window;

use crate::{
    config::{Limit, LimitSettings},
    money::Usd,
    snowflake::{ChannelId, UserId},
};

const HOUR: TimeDelta = TimeDelta::hours(1);

const DAY: TimeDelta = TimeDelta::days(1);

/// The number of windows above which empty ones are dropped.
const MAX_WINDOWS: usize = 1_000;

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub scope: Scope,
    pub quantity: Quantity,
    pub until: DateTime<Utc>,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One person's, in all channels.
    User,
    /// One channel's, for all people.
    Channel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Messages per hour.
    Messages,
    /// Cost per day.
    Cost,
}

/// Whose limit it is, with the ID of the person or channel.
type Key = (Scope, u64);

/// Recent messages and costs of people and channels.
#[derive(Debug, Default)]
pub struct Limits {
    settings: LimitSettings,
    messages: HashMap<Key, Window>,
    /// In billionths of a dollar.
    cost: HashMap<Key, Window>,
}

impl Limits {
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Counts a message, unless a limit is reached.
    pub fn take(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.check_cost(user, channel, now)?;
        self.drop_empty(now);
        let limits = self.limits(user, channel);
        for (key, limit) in limits {
            let Some(max) = limit.messages_per_hour else {
                continue;
            };
            let window = self.messages.entry(key).or_default();
            if let Some(until) = window.full_until(u64::from(max), HOUR, now) {
                return Err(Reached {
                    scope: key.0,
                    quantity: Quantity::Messages,
                    until,
                });
            }
        }
        for (key, limit) in limits {
            if limit.messages_per_hour.is_some() {
                self.messages.entry(key).or_default().add(1, now);
            }
        }
        Ok(())
    }

    /// Checks that a turn may start. Its cost is known only at its end, so running turns may exceed a limit.
    pub fn check_cost(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        for (key, limit) in self.limits(user, channel) {
            if let (Some(max), Some(window)) = (limit.usd_per_day, self.cost.get_mut(&key))
                && let Some(until) = window.full_until(max.billionths(), DAY, now)
            {
                return Err(Reached {
                    scope: key.0,
                    quantity: Quantity::Cost,
                    until,
                });
            }
        }
        Ok(())
    }

    /// Counts the cost of a turn, also of an earlier run, so that a restart does not reset limits.
    pub fn add_cost(&mut self, user: UserId, channel: ChannelId, usd: Usd, at: DateTime<Utc>) {
        for (key, limit) in self.limits(user, channel) {
            if limit.usd_per_day.is_some() {
                self.cost.entry(key).or_default().add(usd.billionths(), at);
            }
        }
    }

    fn limits(&self, user: UserId, channel: ChannelId) -> [(Key, Limit); 2] {
        [
            ((Scope::User, user.0), self.settings.user),
            ((Scope::Channel, channel.0), self.settings.channel),
        ]
    }

    fn drop_empty(&mut self, now: DateTime<Utc>) {
        for (windows, length) in [(&mut self.messages, HOUR), (&mut self.cost, DAY)] {
            if windows.len() > MAX_WINDOWS {
                windows.retain(|_, window| !window.is_empty(length, now));
            }
        }
    }
}

#[cfg(test)]
mod tests;
