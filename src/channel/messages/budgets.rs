//! Texts about budgets.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::figures::{dollars, plain};
use crate::{
    limits::{Budget, BudgetPeriod, Quantity, Reached, Scope},
    money::Usd,
    registry::state::DayBudget,
    snowflake::ChannelId,
};

/// Which budget it is.
pub(super) fn budget_name(period: BudgetPeriod) -> &'static str {
    match period {
        BudgetPeriod::Turn => "the turn budget",
        BudgetPeriod::Day => "the daily budget",
        BudgetPeriod::Month => "this month's budget",
    }
}

/// At least 80 % of a budget are spent.
pub(crate) fn budget_nearly_spent(budget: &Budget) -> String {
    let who = match (budget.period, budget.scope) {
        (BudgetPeriod::Turn, _) => "This turn has",
        (_, Scope::User) => "You've",
        (_, Scope::Channel) => "This channel has",
    };
    let (spent, max) = (dollars(budget.spent), dollars(budget.max));
    let name = budget_name(budget.period);
    format!("-# {who} used {spent} of {max}, {name}.")
}

/// The turn of this cost was stopped.
pub(crate) fn over_budget(reached: &Reached, cost: Usd) -> String {
    let cost = dollars(cost);
    let (period, max) = match reached.quantity {
        Quantity::Cost { period, max } => (period, dollars(max)),
        Quantity::Messages => (BudgetPeriod::Turn, String::new()),
    };
    let name = budget_name(period);
    if period == BudgetPeriod::Turn {
        return format!(
            "Stopped: this turn has used up {name} ({max}). It cost {cost}. The session is kept: say \"go on\" to continue."
        );
    }
    let who = match reached.scope {
        Scope::User => "you've",
        Scope::Channel => "this channel has",
    };
    format!(
        "Stopped: {who} used up {name} ({max}). This turn cost {cost}. The session is kept. Say \"go on\" <t:{}:R> to \
         continue.",
        reached.until.timestamp()
    )
}

/// A budget in one line.
pub(crate) fn budget_line(budget: &Budget) -> String {
    let (spent, max) = (dollars(budget.spent), dollars(budget.max));
    match budget.period {
        BudgetPeriod::Turn => format!("{max} a turn"),
        BudgetPeriod::Day => format!("{spent} of {max} within 24 hours"),
        BudgetPeriod::Month => format!(
            "{spent} of {max} this month, until <t:{}:f>",
            budget.until.timestamp()
        ),
    }
}

/// The answer to `!budget`. `set` is what an admin has set for today.
pub(crate) fn budgets(budgets: &[Budget], set: Option<&DayBudget>, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    for (scope, who) in [
        (Scope::Channel, "This channel"),
        (Scope::User, "You, everywhere"),
    ] {
        for budget in budgets.iter().filter(|budget| budget.scope == scope) {
            let _infallible = write!(text, "\n{who}: {}", budget_line(budget));
            if budget.spent >= budget.max && budget.until > now {
                let _infallible = write!(text, "; more <t:{}:R>", budget.until.timestamp());
            }
            let is_set = scope == Scope::Channel && budget.period == BudgetPeriod::Day;
            if let Some(set) = set.filter(|_| is_set) {
                let (name, until) = (plain(&set.name, 40), set.until.timestamp());
                let _infallible = write!(text, " (set by {name} until <t:{until}:t>)");
            }
        }
    }
    if text.is_empty() {
        return "No budget limits what may be spent here.".to_owned();
    }
    format!("**Budgets** (list prices){text}")
}

/// The answer to `!budget` with an amount, or with `reset`.
pub(crate) fn budget_set(set: Option<&DayBudget>) -> String {
    set.map_or_else(
        || "This channel has its configured budget again.".to_owned(),
        |set| {
            format!(
                "This channel may spend {} within 24 hours, until <t:{}:f>.",
                dollars(set.usd),
                set.until.timestamp()
            )
        },
    )
}

/// `!budget` with more than this person may set.
pub(crate) fn budget_too_high(highest: Usd, is_configured: bool) -> String {
    let highest = dollars(highest);
    if is_configured {
        format!("The owner of this bot allows at most {highest}. The budget was not changed.")
    } else {
        format!(
            "Only the owner of this bot can set more than {highest}. The budget was not changed."
        )
    }
}

/// `!budget` with an amount in a thread.
pub(crate) fn budget_of_parent(parent: ChannelId) -> String {
    format!("This thread shares the budget of <#{parent}>. Set it there.")
}

#[cfg(test)]
mod tests;
