//! A limit that was reached, and whose it is.

use chrono::{DateTime, Utc};

use crate::money::Usd;

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub scope: Scope,
    pub quantity: Quantity,
    pub until: DateTime<Utc>,
}

impl Reached {
    /// Whether it is one that all people of a channel share.
    pub fn is_of_channel(&self) -> bool {
        let is_of_turn = matches!(
            self.quantity,
            Quantity::Cost {
                period: BudgetPeriod::Turn,
                ..
            }
        );
        self.scope == Scope::Channel && !is_of_turn
    }
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
    Cost {
        period: BudgetPeriod,
        max: Usd,
    },
}

/// The time that a budget covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetPeriod {
    /// One turn.
    Turn,
    /// Any 24 hours.
    Day,
    /// A calendar month.
    Month,
}

/// Whose limit it is, with the ID of the person or channel.
pub(super) type Key = (Scope, u64);
