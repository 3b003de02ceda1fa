//! Limits per person and per channel: messages per hour, and budgets. Pure.

mod bot_loop_guard;
mod budget;
mod reached;
mod spending;
mod window;

use std::collections::HashMap;

pub use bot_loop_guard::BotLoopGuard;
pub use budget::Budget;
use chrono::{DateTime, TimeDelta, Utc};
use reached::Key;
pub use reached::{BudgetPeriod, Quantity, Reached, Scope};
pub use spending::{Notice, Payer};
use spending::{Spending, limits_of};
use window::{MAX_WINDOWS, Window};

use crate::{
    config::LimitSettings,
    money::Usd,
    registry::state::DayBudget,
    snowflake::{ChannelId, UserId},
};

const HOUR: TimeDelta = TimeDelta::hours(1);

/// Recent messages and costs of people and channels.
#[derive(Debug, Default)]
pub struct Limits {
    settings: LimitSettings,
    messages: HashMap<Key, Window>,
    spending: Spending,
}

impl Limits {
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            spending: Spending::new(settings.clone()),
            messages: HashMap::new(),
            settings,
        }
    }

    /// Takes other limits. What has been counted stays.
    pub fn reconfigure(&mut self, settings: LimitSettings) {
        self.spending.reconfigure(settings.clone());
        self.settings = settings;
    }

    /// Counts a message that begins a turn in `place`, unless a limit is reached.
    pub fn take(
        &mut self,
        place: ChannelId,
        payer: Payer,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.check_cost(place, payer, now)?;
        if payer.is_admin {
            return Ok(());
        }
        self.drop_empty(now);
        let limits = limits_of(&self.settings, payer.user, payer.channel);
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

    /// Checks that a turn may begin in `place`.
    pub fn check_cost(
        &mut self,
        place: ChannelId,
        payer: Payer,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.spending.check(place, payer, now)
    }

    /// Notes what the running turn in `place` has cost so far.
    pub fn spent(
        &mut self,
        place: ChannelId,
        payer: Payer,
        usd: Usd,
        now: DateTime<Utc>,
    ) -> Option<Notice> {
        self.spending.spent(place, payer, usd, now)
    }

    /// Notes that nothing in `place` costs anything any more.
    pub fn ended(&mut self, place: ChannelId) {
        self.spending.ended(place);
    }

    /// Counts the cost of the turn that has ended in `place`. Returns a budget that is now nearly spent.
    pub fn booked(
        &mut self,
        place: ChannelId,
        (user, channel): (UserId, ChannelId),
        usd: Usd,
        at: DateTime<Utc>,
    ) -> Option<Budget> {
        let payer = self.spending.ended(place);
        self.spending.add(user, channel, usd, at);
        self.spending.nearly_spent(place, payer?, at)
    }

    /// Counts the cost of a turn of an earlier run, so that a restart does not reset limits.
    pub fn add_earlier(
        &mut self,
        (user, channel): (UserId, ChannelId),
        usd: Usd,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) {
        self.spending.add(user, channel, usd, at);
        let payer = Payer {
            user,
            channel,
            is_admin: false,
        };
        // Whoever it concerns has read of it.
        self.spending.nearly_spent(channel, payer, now);
    }

    /// Sets a channel's daily budget until it ends.
    pub fn set_budget(&mut self, channel: ChannelId, budget: Option<DayBudget>) {
        self.spending.set_budget(channel, budget);
    }

    /// The budgets that apply in `place`.
    pub fn budgets(&mut self, place: ChannelId, payer: Payer, now: DateTime<Utc>) -> Vec<Budget> {
        self.spending.budgets(place, payer, now)
    }

    fn drop_empty(&mut self, now: DateTime<Utc>) {
        if self.messages.len() > MAX_WINDOWS {
            self.messages
                .retain(|_, window| !window.is_empty(HOUR, now));
        }
    }
}

#[cfg(test)]
mod tests;
