//! What admins are told of once, until it is mended.
//!
//! Whoever observes a condition reports it each time. [`KnownProblems`] knows what is news.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    limits::{BudgetPeriod, Scope},
    snowflake::ChannelId,
};

/// Something that can go wrong, and be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Login,
    /// The CLI can't be started.
    Cli,
    /// The CLI can be started, but has a known defect.
    CliDefect,
    Disk,
    Budget {
        scope: Scope,
        /// The ID of the person or channel.
        id: u64,
        period: BudgetPeriod,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login => f.write_str("login"),
            Self::Cli => f.write_str("cli"),
            Self::CliDefect => f.write_str("cli_defect"),
            Self::Disk => f.write_str("disk"),
            Self::Budget { scope, id, period } => {
                let scope = match scope {
                    Scope::User => "user",
                    Scope::Channel => "channel",
                };
                let period = match period {
                    BudgetPeriod::Turn => "turn",
                    BudgetPeriod::Day => "day",
                    BudgetPeriod::Month => "month",
                };
                write!(f, "budget.{scope}.{id}.{period}")
            }
        }
    }
}

/// A text for the admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The channel that it concerns, if it is one.
    pub(crate) channel: Option<ChannelId>,
    pub(crate) text: String,
}

/// Whether a condition is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) condition: Condition,
    /// What is wrong, if anything.
    pub(crate) problem: Option<Notice>,
}

/// Takes observations, which are lost once their receiver is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Reporter(mpsc::UnboundedSender<Observation>);

impl Reporter {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Observation>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn wrong(&self, condition: Condition, channel: Option<ChannelId>, text: String) {
        self.report(condition, Some(Notice { channel, text }));
    }

    pub(crate) fn fine(&self, condition: Condition) {
        self.report(condition, None);
    }

    fn report(&self, condition: Condition, problem: Option<Notice>) {
        // At shutdown nobody listens.
        drop(self.0.send(Observation { condition, problem }));
    }
}

/// What admins have been told and is not mended yet, by condition, with the time.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KnownProblems(BTreeMap<String, DateTime<Utc>>);

impl KnownProblems {
    /// Records whether something is wrong. Returns whether that is news.
    pub(crate) fn note(
        &mut self,
        condition: Condition,
        is_wrong: bool,
        now: DateTime<Utc>,
    ) -> bool {
        let key = condition.to_string();
        if !is_wrong {
            return self.0.remove(&key).is_some();
        }
        let is_news = !self.0.contains_key(&key);
        self.0.entry(key).or_insert(now);
        is_news
    }

    /// Whether a disk is nearly full that has `free` bytes, and should have `least`. One of which admins were told is so
    /// until there is a quarter more.
    pub(crate) fn is_nearly_full(&self, free: u64, least: u64) -> bool {
        let was_told = self.0.contains_key(&Condition::Disk.to_string());
        let margin = if was_told { least / 4 } else { 0 };
        free < least.saturating_add(margin)
    }
}

#[cfg(test)]
mod tests;
