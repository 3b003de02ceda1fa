//! Sums of ledger lines.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use super::TurnLine;
use crate::{
    claude::protocol::Usage,
    config::TimeZone,
    money::Usd,
    snowflake::{ChannelId, UserId},
};

/// The time a report covers, in days of a time zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Period {
    /// Since midnight.
    #[default]
    Today,
    /// Since the first of the month.
    Month,
    /// Since the first line.
    All,
}

impl Period {
    /// Every period by its name.
    pub const NAMED: [(&str, Self); 3] = [
        ("today", Self::Today),
        ("month", Self::Month),
        ("all", Self::All),
    ];
}

/// The usage of some turns.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    pub turns: u64,
    pub usage: Usage,
    pub cost_usd: Usd,
}

impl Sum {
    fn add(&mut self, line: &TurnLine) {
        self.merge(&Self {
            turns: 1,
            usage: line.usage(),
            cost_usd: line.cost_usd,
        });
    }

    fn merge(&mut self, other: &Self) {
        self.turns += other.turns;
        self.usage = self.usage.plus(&other.usage);
        self.cost_usd += other.cost_usd;
    }
}

/// The sums of a period.
#[derive(Debug, Clone, Default)]
pub struct UsageTotals {
    pub period: Period,
    pub zone: TimeZone,
    /// `None` for all lines.
    since: Option<DateTime<Utc>>,
    pub total: Sum,
    channels: BTreeMap<ChannelId, Sum>,
    authors: BTreeMap<UserId, Sum>,
    models: BTreeMap<(ChannelId, String), Sum>,
    days: BTreeMap<(ChannelId, NaiveDate), Usd>,
    /// The number of unreadable lines.
    pub unreadable: u64,
    /// The turns so far: a line that was written twice counts once.
    seen: HashSet<String>,
}

impl UsageTotals {
    /// An empty report of the period that ends `now`.
    pub fn new(period: Period, now: DateTime<Utc>, zone: TimeZone) -> Self {
        let since = match period {
            Period::Today => Some(zone.day(now)),
            Period::Month => Some(zone.month(now)),
            Period::All => None,
        };
        Self {
            period,
            zone,
            since,
            ..Self::default()
        }
    }

    /// Whether a file can contain lines of the period.
    pub fn covers_file(&self, file_name: &str) -> bool {
        let month = file_name.strip_suffix(".jsonl");
        // Files are named after months in UTC.
        let since = self.since.map(|since| since.format("%Y-%m").to_string());
        month
            .filter(|month| month.len() == 7)
            .is_some_and(|month| since.is_none_or(|since| month >= since.as_str()))
    }

    /// Adds a line; `None` stands for an unreadable one.
    pub fn add(&mut self, line: Option<&TurnLine>) {
        let Some(line) = line else {
            self.unreadable += 1;
            return;
        };
        let counts = self.since.is_none_or(|since| line.time >= since);
        if counts && self.seen.insert(line.turn.clone()) {
            self.total.add(line);
            self.channels.entry(line.channel).or_default().add(line);
            self.authors.entry(line.author).or_default().add(line);
            let day = (line.channel, self.zone.date(line.time));
            *self.days.entry(day).or_default() += line.cost_usd;
            let model = line.model_used.as_ref().unwrap_or(&line.model);
            let model = (line.channel, model.clone());
            self.models.entry(model).or_default().add(line);
        }
    }

    pub fn channel(&self, channel: ChannelId) -> Sum {
        self.channels.get(&channel).copied().unwrap_or_default()
    }

    pub fn author(&self, author: UserId) -> Sum {
        self.authors.get(&author).copied().unwrap_or_default()
    }

    /// What the channel has cost on each day of the month of this day, up to it.
    pub fn days(&self, channel: ChannelId, today: NaiveDate) -> Vec<Usd> {
        let days = (1..=today.day()).filter_map(|day| today.with_day(day));
        let cost = |day| self.days.get(&(channel, day)).copied().unwrap_or_default();
        days.map(cost).collect()
    }

    /// Highest cost first.
    pub fn channels(&self) -> Vec<(ChannelId, Sum)> {
        by_cost(&self.channels)
    }

    /// The models of a channel, or of all, highest cost first.
    pub fn models(&self, of: Option<ChannelId>) -> Vec<(String, Sum)> {
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for ((channel, model), sum) in &self.models {
            if of.is_none_or(|of| of == *channel) {
                sums.entry(model).or_default().merge(sum);
            }
        }
        let mut sums: Vec<_> = sums
            .into_iter()
            .map(|(model, sum)| (model.to_owned(), sum))
            .collect();
        sums.sort_by_key(|(_, sum)| Reverse(sum.cost_usd));
        sums
    }

    /// Highest cost first.
    pub fn authors(&self) -> Vec<(UserId, Sum)> {
        by_cost(&self.authors)
    }
}

fn by_cost<T: Copy>(sums: &BTreeMap<T, Sum>) -> Vec<(T, Sum)> {
    let mut sums: Vec<_> = sums.iter().map(|(id, sum)| (*id, *sum)).collect();
    sums.sort_by_key(|(_, sum)| Reverse(sum.cost_usd));
    sums
}
