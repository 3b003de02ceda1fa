use super::*;
use crate::snowflake::UserId;

fn usd(dollars: f64) -> Usd {
    Usd::from_dollars(dollars)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn budget(scope: Scope, period: BudgetPeriod, spent: f64) -> Budget {
    Budget {
        scope,
        period,
        max: usd(10.0),
        spent: usd(spent),
        until: at(1_800_000_000),
    }
}

#[test]
fn what_is_nearly_spent_is_named() {
    use {BudgetPeriod as P, Scope as S};
    for (budget, expected) in [
        (
            budget(S::Channel, P::Day, 8.5),
            "-# This channel has used $8.50 of $10.00, the daily budget.",
        ),
        (
            budget(S::User, P::Month, 8.0),
            "-# You've used $8.00 of $10.00, this month's budget.",
        ),
        (
            budget(S::User, P::Turn, 9.0),
            "-# This turn has used $9.00 of $10.00, the turn budget.",
        ),
    ] {
        assert_eq!(budget_nearly_spent(&budget), expected);
    }
}

#[test]
fn a_stopped_turn_says_why_its_cost_and_what_next() {
    let stopped = |scope, period| {
        let reached = budget(scope, period, 10.0).reached().unwrap();
        over_budget(&reached, usd(0.1234))
    };
    assert_eq!(
        stopped(Scope::Channel, BudgetPeriod::Turn),
        "Stopped: this turn has used up the turn budget ($10.00). It cost $0.1234. The session is kept: say \"go on\" \
         to continue."
    );
    assert_eq!(
        stopped(Scope::User, BudgetPeriod::Day),
        "Stopped: you've used up the daily budget ($10.00). This turn cost $0.1234. The session is kept. Say \"go on\" \
         <t:1800000000:R> to continue."
    );
}

#[test]
fn budgets_are_listed_with_who_set_them() {
    assert_eq!(
        budgets(&[], None, at(0)),
        "No budget limits what may be spent here."
    );
    let set = DayBudget {
        usd: usd(10.0),
        until: at(1_700_000_000),
        by: UserId(1),
        name: "A*da".to_owned(),
    };
    let all = [
        budget(Scope::User, BudgetPeriod::Month, 10.0),
        budget(Scope::Channel, BudgetPeriod::Turn, 0.0),
        budget(Scope::Channel, BudgetPeriod::Day, 1.0),
    ];
    assert_eq!(
        budgets(&all, Some(&set), at(0)),
        "**Budgets** (list prices)\n\
         This channel: $10.00 a turn\n\
         This channel: $1.00 of $10.00 within 24 hours (set by A\\*da until <t:1700000000:t>)\n\
         You, everywhere: $10.00 of $10.00 this month, until <t:1800000000:f>; more <t:1800000000:R>"
    );
}
