//! Sums of ledger lines.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use chrono::{DateTime, NaiveDate, Utc};

use super::TurnLine;
use crate::{
    claude::protocol::Usage,
    money::Usd,
    snowflake::{ChannelId, UserId},
};

/// The time a report covers, in UTC days.
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
        self.turns += 1;
        self.usage = self.usage.plus(&line.usage());
        self.cost_usd += line.cost_usd;
    }
}

/// The sums of a period.
#[derive(Debug, Clone, Default)]
pub struct UsageTotals {
    pub period: Period,
    today: NaiveDate,
    pub total: Sum,
    channels: BTreeMap<ChannelId, Sum>,
    authors: BTreeMap<UserId, Sum>,
    /// The number of unreadable lines.
    pub unreadable: u64,
    /// The turns so far: a line that was written twice counts once.
    seen: HashSet<String>,
}

impl UsageTotals {
    /// An empty report of the period that ends `now`.
    pub fn new(period: Period, now: DateTime<Utc>) -> Self {
        Self {
            period,
            today: now.date_naive(),
            ..Self::default()
        }
    }

    /// Whether a file can contain lines of the period.
    pub fn covers_file(&self, file_name: &str) -> bool {
        match self.period {
            Period::All => file_name
                .strip_suffix(".jsonl")
                .is_some_and(|month| month.len() == 7),
            Period::Today | Period::Month => {
                file_name == self.today.format("%Y-%m.jsonl").to_string()
            }
        }
    }

    /// Adds a line; `None` stands for an unreadable one.
    pub fn add(&mut self, line: Option<&TurnLine>) {
        let Some(line) = line else {
            self.unreadable += 1;
            return;
        };
        let counts = match self.period {
            Period::Today => line.time.date_naive() == self.today,
            Period::Month | Period::All => true,
        };
        if counts && self.seen.insert(line.turn.clone()) {
            self.total.add(line);
            self.channels.entry(line.channel).or_default().add(line);
            self.authors.entry(line.author).or_default().add(line);
        }
    }

    pub fn channel(&self, channel: ChannelId) -> Sum {
        self.channels.get(&channel).copied().unwrap_or_default()
    }

    pub fn author(&self, author: UserId) -> Sum {
        self.authors.get(&author).copied().unwrap_or_default()
    }

    /// Highest cost first.
    pub fn channels(&self) -> Vec<(ChannelId, Sum)> {
        by_cost(&self.channels)
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
