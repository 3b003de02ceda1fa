//! What people and channels have spent, and are spending.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    budget::Budget,
    reached::{BudgetPeriod, Key, Reached, Scope},
    window::{MAX_WINDOWS, Window},
};
use crate::{
    config::{Limit, LimitSettings},
    money::Usd,
    registry::state::DayBudget,
    snowflake::{ChannelId, UserId},
};

const DAY: TimeDelta = TimeDelta::days(1);

/// Who pays for a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payer {
    pub user: UserId,
    /// The channel whose limits apply.
    pub channel: ChannelId,
    /// Admins have no daily limit of their own.
    pub is_admin: bool,
}

/// What is to be said about a running turn's costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    NearlySpent(Budget),
    Reached(Reached),
}

/// Amounts are in billionths of a dollar.
#[derive(Debug, Default)]
pub(super) struct Spending {
    settings: LimitSettings,
    days: HashMap<Key, Window>,
    /// The sums of months, with their beginnings.
    months: HashMap<Key, (DateTime<Utc>, u64)>,
    /// What has been set for a channel with `!budget`.
    set: HashMap<ChannelId, DayBudget>,
    /// The costs of running turns, by the channel or thread in which they run.
    running: HashMap<ChannelId, (Payer, Usd)>,
    /// The budgets of which people have read that they are nearly spent. That of a turn has the ID of its channel.
    told: HashSet<(Key, BudgetPeriod)>,
}

impl Spending {
    pub(super) fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    pub(super) fn reconfigure(&mut self, settings: LimitSettings) {
        self.settings = settings;
    }

    pub(super) fn set_budget(&mut self, channel: ChannelId, budget: Option<DayBudget>) {
        match budget {
            Some(budget) => self.set.insert(channel, budget),
            None => self.set.remove(&channel),
        };
    }

    /// Counts a turn that has ended.
    pub(super) fn add(&mut self, user: UserId, channel: ChannelId, usd: Usd, at: DateTime<Utc>) {
        self.drop_empty(at);
        let month = self.settings.timezone.month(at);
        // Without a limit too, since one may be set later.
        for (key, _) in limits_of(&self.settings, user, channel) {
            let day = self.days.entry(key).or_default();
            day.add(usd.billionths(), at);
            day.forget(at - DAY * 2);
            let (of, sum) = self.months.entry(key).or_insert((month, 0));
            if month > *of {
                (*of, *sum) = (month, 0);
            }
            if month == *of {
                *sum = sum.saturating_add(usd.billionths());
            }
        }
    }

    /// The budgets that apply to a turn which runs in `place`, or may begin there.
    pub(super) fn budgets(
        &mut self,
        place: ChannelId,
        payer: Payer,
        now: DateTime<Utc>,
    ) -> Vec<Budget> {
        let of_turn = self.running.get(&place).map_or(Usd::ZERO, |(_, usd)| *usd);
        let mut budgets = Vec::new();
        for (key, limit) in limits_of(&self.settings, payer.user, payer.channel) {
            let budget = |period, max, spent, until| Budget {
                scope: key.0,
                period,
                max,
                spent,
                until,
            };
            let turn = limit.usd_per_turn;
            budgets.extend(turn.map(|max| budget(BudgetPeriod::Turn, max, of_turn, now)));
            let running = self.running_of(key);
            if key.0 == Scope::Channel || !payer.is_admin {
                let day = self.day(key, limit, running, now);
                let day =
                    day.map(|(max, spent, until)| budget(BudgetPeriod::Day, max, spent, until));
                budgets.extend(day);
            }
            if let Some(max) = limit.usd_per_month {
                let spent = running + self.month(key, now);
                let until = self.settings.timezone.next_month(now);
                budgets.push(budget(BudgetPeriod::Month, max, spent, until));
            }
        }
        budgets
    }

    fn day(
        &mut self,
        key: Key,
        limit: Limit,
        running: Usd,
        now: DateTime<Utc>,
    ) -> Option<(Usd, Usd, DateTime<Utc>)> {
        let set = (key.0 == Scope::Channel).then(|| self.set.get(&ChannelId(key.1)));
        let set = set.flatten().filter(|set| set.until > now);
        let max = set.map(|set| set.usd).or(limit.usd_per_day)?;
        let mut unused = Window::default();
        let window = self.days.get_mut(&key).unwrap_or(&mut unused);
        let spent = running + Usd::from_billionths(window.sum(DAY, now));
        let mut full_until = |max: Usd| {
            let room = max.billionths().saturating_sub(running.billionths());
            window.full_until(room, DAY, now)
        };
        let mut until = full_until(max).unwrap_or(now);
        if let Some(set) = set {
            // Then what is configured applies again.
            let configured = limit.usd_per_day.and_then(full_until);
            until = until.min(configured.map_or(set.until, |until| until.max(set.until)));
        }
        Some((max, spent, until))
    }

    fn month(&self, key: Key, now: DateTime<Utc>) -> Usd {
        let month = self.settings.timezone.month(now);
        let sum = self.months.get(&key).filter(|(of, _)| *of == month);
        sum.map_or(Usd::ZERO, |(_, sum)| Usd::from_billionths(*sum))
    }

    /// What running turns have cost a person or a channel so far.
    fn running_of(&self, (scope, id): Key) -> Usd {
        let is_of = |payer: &Payer| match scope {
            Scope::User => payer.user.0 == id,
            Scope::Channel => payer.channel.0 == id,
        };
        let running = self.running.values().filter(|(payer, _)| is_of(payer));
        running.map(|(_, usd)| *usd).sum()
    }

    /// Checks that a turn may begin in `place`. What another one there has cost is no part of its own budget.
    pub(super) fn check(
        &mut self,
        place: ChannelId,
        payer: Payer,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        let mut budgets = self.budgets(place, payer, now);
        budgets.retain(|budget| budget.period != BudgetPeriod::Turn);
        reached_longest(&budgets).map_or(Ok(()), Err)
    }

    /// Notes what the turn in `place` has cost so far.
    pub(super) fn spent(
        &mut self,
        place: ChannelId,
        payer: Payer,
        usd: Usd,
        now: DateTime<Utc>,
    ) -> Option<Notice> {
        self.running.insert(place, (payer, usd));
        let nearly_spent = self.nearly_spent(place, payer, now);
        let reached = reached_longest(&self.budgets(place, payer, now));
        let reached = reached.map(Notice::Reached);
        reached.or(nearly_spent.map(Notice::NearlySpent))
    }

    /// Notes that the turn in `place` is over. Returns who paid for it, if it has cost anything so far.
    pub(super) fn ended(&mut self, place: ChannelId) -> Option<Payer> {
        let is_here =
            |(key, period): &(Key, BudgetPeriod)| *period == BudgetPeriod::Turn && key.1 == place.0;
        self.told.retain(|told| !is_here(told));
        self.running.remove(&place).map(|(payer, _)| payer)
    }

    /// A budget that is nearly spent, of which nobody has read yet.
    pub(super) fn nearly_spent(
        &mut self,
        place: ChannelId,
        payer: Payer,
        now: DateTime<Utc>,
    ) -> Option<Budget> {
        let mut untold = None;
        for budget in self.budgets(place, payer, now) {
            let id = match (budget.period, budget.scope) {
                (BudgetPeriod::Turn, _) => place.0,
                (_, Scope::User) => payer.user.0,
                (_, Scope::Channel) => payer.channel.0,
            };
            let key = ((budget.scope, id), budget.period);
            if !budget.is_nearly_spent() {
                self.told.remove(&key);
            } else if self.told.insert(key) {
                untold = untold.or(Some(budget));
            }
        }
        untold
    }

    fn drop_empty(&mut self, now: DateTime<Utc>) {
        if self.days.len() > MAX_WINDOWS {
            self.days.retain(|_, window| !window.is_empty(DAY, now));
        }
        if self.months.len() > MAX_WINDOWS {
            let month = self.settings.timezone.month(now);
            self.months.retain(|_, (of, _)| *of >= month);
        }
    }
}

#[cfg(test)]
impl Spending {
    /// How many days and months are counted.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.days.len(), self.months.len())
    }

    /// How many amounts are kept of somebody.
    pub(super) fn entries(&self, scope: Scope, id: u64) -> usize {
        self.days.get(&(scope, id)).map_or(0, Window::len)
    }
}

/// The limit that is reached for longest.
fn reached_longest(budgets: &[Budget]) -> Option<Reached> {
    let reached = budgets.iter().filter_map(Budget::reached);
    reached.max_by_key(|reached| reached.until)
}

/// The limits of a person and a channel.
pub(super) fn limits_of(
    settings: &LimitSettings,
    user: UserId,
    channel: ChannelId,
) -> [(Key, Limit); 2] {
    [
        ((Scope::User, user.0), settings.user),
        ((Scope::Channel, channel.0), settings.channel.into()),
    ]
}
