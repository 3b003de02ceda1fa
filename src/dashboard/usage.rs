//! What has been used and has cost, by day, channel, person and model. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;

use crate::{
    config::TimeZone,
    ledger::TurnLine,
    money::Usd,
    snowflake::{ChannelId, UserId},
};

/// How many days are kept.
pub(super) const DAYS: u64 = 30;

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Sum {
    pub(super) turns: u64,
    pub(super) failed: u64,
    pub(super) tokens: u64,
    pub(super) cost_usd: Usd,
}

#[derive(Debug, Default)]
pub(super) struct Usage {
    zone: TimeZone,
    days: BTreeMap<NaiveDate, HashMap<Who, Sum>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    channel: ChannelId,
    person: UserId,
    model: String,
}

/// Sums of the last [`DAYS`] days.
#[derive(Debug)]
pub(super) struct Totals {
    /// Each day, oldest first.
    pub(super) days: Vec<(NaiveDate, Sum)>,
    /// The highest cost first.
    pub(super) channels: Vec<(ChannelId, Sum)>,
    pub(super) people: Vec<(UserId, Sum)>,
    pub(super) models: Vec<(String, Sum)>,
}

impl Usage {
    pub(super) fn new(zone: TimeZone, booked: &[TurnLine], now: DateTime<Utc>) -> Self {
        let mut usage = Self {
            zone,
            ..Self::default()
        };
        for line in booked {
            usage.add(line, now);
        }
        usage
    }

    pub(super) fn add(&mut self, line: &TurnLine, now: DateTime<Utc>) {
        let first = self.first(now);
        self.days.retain(|day, _| *day >= first);
        let day = self.zone.date(line.time);
        if day < first {
            return;
        }
        let who = Who {
            channel: line.channel,
            person: line.author,
            model: model(line).to_owned(),
        };
        let one = Sum {
            turns: 1,
            failed: u64::from(line.outcome != "answered"),
            tokens: line.usage().all_input() + line.output_tokens,
            cost_usd: line.cost_usd,
        };
        let day = self.days.entry(day).or_default();
        day.entry(who).or_default().add(one);
    }

    pub(super) fn totals(&self, now: DateTime<Utc>) -> Totals {
        let (mut channels, mut people, mut models) =
            (HashMap::new(), HashMap::new(), HashMap::new());
        let days = self
            .first(now)
            .iter_days()
            .take(usize::try_from(DAYS).unwrap_or(30));
        let days = days.map(|day| {
            let mut all = Sum::default();
            for (who, sum) in self.days.get(&day).into_iter().flatten() {
                all.add(*sum);
                channels
                    .entry(who.channel)
                    .or_insert_with(Sum::default)
                    .add(*sum);
                people
                    .entry(who.person)
                    .or_insert_with(Sum::default)
                    .add(*sum);
                let model = models.entry(who.model.clone());
                model.or_insert_with(Sum::default).add(*sum);
            }
            (day, all)
        });
        Totals {
            days: days.collect(),
            channels: by_cost(channels),
            people: by_cost(people),
            models: by_cost(models),
        }
    }

    fn first(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = self.zone.date(now);
        today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today)
    }
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.turns += other.turns;
        self.failed += other.failed;
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost_usd += other.cost_usd;
    }
}

/// The model that answered, else the one that was asked.
pub(super) fn model(line: &TurnLine) -> &str {
    line.model_used.as_deref().unwrap_or(&line.model)
}

fn by_cost<T>(sums: HashMap<T, Sum>) -> Vec<(T, Sum)> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| Reverse((sum.cost_usd, sum.turns)));
    sums
}

#[cfg(test)]
mod tests;
