//! A budget, and how much of it is spent.

use chrono::{DateTime, Utc};

use super::reached::{BudgetPeriod, Quantity, Reached, Scope};
use crate::money::Usd;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub scope: Scope,
    pub period: BudgetPeriod,
    pub max: Usd,
    /// With what running turns have cost so far.
    pub spent: Usd,
    /// When money is there again, if none is left.
    pub until: DateTime<Utc>,
}

impl Budget {
    /// The limit, if nothing is left.
    pub fn reached(&self) -> Option<Reached> {
        (self.spent >= self.max).then_some(Reached {
            scope: self.scope,
            quantity: Quantity::Cost {
                period: self.period,
                max: self.max,
            },
            until: self.until,
        })
    }

    /// Whether at least 80 % are spent.
    pub fn is_nearly_spent(&self) -> bool {
        u128::from(self.spent.billionths()) * 5 >= u128::from(self.max.billionths()) * 4
    }
}
