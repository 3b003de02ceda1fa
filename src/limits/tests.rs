use proptest::prelude::*;

use super::*;
use crate::{
    config::{ChannelLimit, Limit},
    money::Usd,
};

const HERE: ChannelId = ChannelId(1);
const THERE: ChannelId = ChannelId(2);
const ADA: UserId = UserId(10);
const BOB: UserId = UserId(11);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn limit(messages_per_hour: Option<u32>, usd_per_day: Option<f64>) -> Limit {
    Limit {
        messages_per_hour,
        usd_per_day: usd_per_day.map(Usd::from_dollars),
        ..Limit::default()
    }
}

/// Limits with channels and persons as they are.
struct Bench(Limits);

fn limits(user: Limit, channel: Limit) -> Bench {
    let channel = ChannelLimit {
        messages_per_hour: channel.messages_per_hour,
        usd_per_turn: channel.usd_per_turn,
        usd_per_day: channel.usd_per_day,
        usd_per_month: channel.usd_per_month,
        ..ChannelLimit::default()
    };
    Bench(Limits::new(LimitSettings {
        user,
        channel,
        bots_in_a_row: 0,
        ..LimitSettings::default()
    }))
}

fn payer(user: UserId, channel: ChannelId) -> Payer {
    Payer {
        user,
        channel,
        is_admin: false,
    }
}

impl Bench {
    fn take(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.0.take(channel, payer(user, channel), now)
    }

    fn check_cost(
        &mut self,
        user: UserId,
        channel: ChannelId,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        self.0.check_cost(channel, payer(user, channel), now)
    }

    fn add_cost(
        &mut self,
        user: UserId,
        channel: ChannelId,
        usd: Usd,
        at: DateTime<Utc>,
    ) -> Option<Budget> {
        self.0.booked(channel, (user, channel), usd, at)
    }
}

#[test]
fn costs_are_counted_without_limits_too() {
    let mut limits = limits(Limit::default(), Limit::default());
    for second in 0..1_000 {
        limits.add_cost(ADA, HERE, Usd::from_dollars(100.0), at(second));
        assert_eq!(limits.take(ADA, HERE, at(second)), Ok(()));
    }
    assert!(limits.0.messages.is_empty());
    // Budgets may be set later.
    assert_eq!(limits.0.spending.sizes(), (2, 2));
    limits.0.reconfigure(LimitSettings {
        user: limit(None, Some(1.0)),
        ..LimitSettings::default()
    });
    assert!(limits.take(ADA, HERE, at(1_001)).is_err());
    assert_eq!(limits.take(BOB, HERE, at(1_001)), Ok(()));
    // What is older than any budget's day is forgotten, also where there is none.
    limits.add_cost(BOB, THERE, Usd::from_dollars(1.0), at(0));
    let later = at(3 * 86_400);
    limits.add_cost(BOB, THERE, Usd::from_dollars(1.0), later);
    assert_eq!(limits.0.spending.entries(Scope::User, BOB.0), 1);
}

#[test]
fn messages_are_limited_per_hour() {
    let mut limits = limits(limit(Some(2), None), limit(Some(3), None));
    let full = |scope, until| {
        Err(Reached {
            scope,
            quantity: Quantity::Messages,
            until: at(until),
        })
    };
    assert_eq!(limits.take(ADA, HERE, at(0)), Ok(()));
    assert_eq!(limits.take(ADA, THERE, at(10)), Ok(()));
    // A person's limit holds in all channels, and a rejected message does not count.
    assert_eq!(limits.take(ADA, THERE, at(20)), full(Scope::User, 3_600));
    assert_eq!(limits.take(BOB, HERE, at(30)), Ok(()));
    assert_eq!(limits.take(BOB, HERE, at(40)), Ok(()));
    assert_eq!(
        limits.take(UserId(12), HERE, at(50)),
        full(Scope::Channel, 3_600)
    );
    assert_eq!(limits.take(ADA, HERE, at(3_599)), full(Scope::User, 3_600));
    assert_eq!(limits.take(ADA, HERE, at(3_600)), Ok(()));
    assert_eq!(limits.take(ADA, THERE, at(3_601)), full(Scope::User, 3_610));
}

#[test]
fn cost_is_limited_per_day() {
    let mut limits = limits(limit(None, Some(1.0)), Limit::default());
    limits.add_cost(ADA, HERE, Usd::from_dollars(0.4), at(0));
    limits.add_cost(ADA, HERE, Usd::from_dollars(0.4), at(60));
    assert_eq!(limits.take(ADA, HERE, at(70)), Ok(()));
    limits.add_cost(ADA, THERE, Usd::from_dollars(0.3), at(80));
    let full = Err(Reached {
        scope: Scope::User,
        quantity: Quantity::Cost {
            period: BudgetPeriod::Day,
            max: Usd::from_dollars(1.0),
        },
        until: at(86_400),
    });
    assert_eq!(limits.check_cost(ADA, HERE, at(90)), full);
    assert_eq!(limits.take(ADA, THERE, at(86_399)), full);
    assert_eq!(limits.take(BOB, HERE, at(90)), Ok(()));
    assert_eq!(limits.take(ADA, HERE, at(86_400)), Ok(()));
}

#[test]
fn setting_the_clock_back_locks_nobody_out() {
    let mut limits = limits(limit(Some(1), Some(0.000_001)), Limit::default());
    limits.add_cost(ADA, HERE, Usd::from_dollars(5.0), at(900_000));
    assert_eq!(limits.take(ADA, HERE, at(0)), Ok(()));
}

#[test]
fn empty_windows_are_dropped() {
    let mut limits = limits(limit(Some(5), Some(0.000_005)), limit(Some(u32::MAX), None));
    for user in 0..3_000_u64 {
        let now = at(i64::try_from(user * 60).unwrap());
        assert_eq!(limits.take(UserId(user), HERE, now), Ok(()));
        limits.add_cost(UserId(user), HERE, Usd::from_dollars(0.1), now);
    }
    assert!(
        limits.0.messages.len() <= MAX_WINDOWS + 2,
        "{}",
        limits.0.messages.len()
    );
    let (days, _) = limits.0.spending.sizes();
    // One a minute in a day, and the channel's.
    assert!(days <= 1_443, "{days}");
}

fn budgets(user: Limit, channel: ChannelLimit) -> Limits {
    Limits::new(LimitSettings {
        user,
        channel,
        ..LimitSettings::default()
    })
}

fn usd(dollars: f64) -> Usd {
    Usd::from_dollars(dollars)
}

fn reached(result: Result<(), Reached>) -> (Scope, BudgetPeriod, DateTime<Utc>) {
    let reached = result.unwrap_err();
    match reached.quantity {
        Quantity::Cost { period, .. } => (reached.scope, period, reached.until),
        Quantity::Messages => panic!("{reached:?}"),
    }
}

#[test]
fn months_end_with_the_calendar() {
    let of_month = ChannelLimit {
        usd_per_month: Some(usd(1.0)),
        ..ChannelLimit::default()
    };
    let mut limits = budgets(Limit::default(), of_month);
    let in_january = |day: i64| at(day * 86_400 - 1);
    limits.booked(HERE, (ADA, HERE), usd(1.0), in_january(1));
    let checked = limits.check_cost(HERE, payer(BOB, HERE), in_january(31));
    assert_eq!(
        reached(checked),
        (Scope::Channel, BudgetPeriod::Month, at(31 * 86_400))
    );
    // An admin is no exception.
    let admin = Payer {
        is_admin: true,
        ..payer(ADA, HERE)
    };
    assert!(limits.check_cost(HERE, admin, in_january(31)).is_err());
    assert_eq!(limits.check_cost(HERE, admin, at(31 * 86_400)), Ok(()));
    // A line of an earlier month changes nothing.
    limits.booked(HERE, (ADA, HERE), usd(0.5), at(32 * 86_400));
    limits.booked(HERE, (ADA, HERE), usd(5.0), in_january(3));
    assert_eq!(limits.check_cost(HERE, admin, at(33 * 86_400)), Ok(()));
}

#[test]
fn admins_have_no_daily_limit_of_their_own_but_all_others() {
    let admin = Payer {
        is_admin: true,
        ..payer(ADA, HERE)
    };
    let of_user = |limit| budgets(limit, ChannelLimit::default());
    let mut limits = of_user(limit(Some(1), Some(1.0)));
    limits.booked(HERE, (ADA, HERE), usd(5.0), at(0));
    for _ in 0..3 {
        assert_eq!(limits.take(HERE, admin, at(1)), Ok(()));
    }
    let mut limits = of_user(Limit {
        usd_per_month: Some(usd(1.0)),
        ..Limit::default()
    });
    limits.booked(HERE, (ADA, HERE), usd(5.0), at(0));
    assert!(limits.take(HERE, admin, at(1)).is_err());
    let mut limits = of_user(Limit {
        usd_per_turn: Some(usd(1.0)),
        ..Limit::default()
    });
    let notice = limits.spent(HERE, admin, usd(1.0), at(0));
    assert!(matches!(notice, Some(Notice::Reached(_))), "{notice:?}");
}

#[test]
fn running_turns_count_for_each_other() {
    let mut limits = budgets(limit(None, Some(1.0)), ChannelLimit::default());
    limits.booked(HERE, (ADA, HERE), usd(0.5), at(0));
    assert_eq!(limits.spent(HERE, payer(ADA, HERE), usd(0.2), at(1)), None);
    // Each says what its turn has cost so far, not what has been added.
    assert_eq!(limits.spent(HERE, payer(ADA, HERE), usd(0.25), at(2)), None);
    assert_eq!(limits.check_cost(THERE, payer(ADA, THERE), at(3)), Ok(()));
    let notice = limits.spent(THERE, payer(ADA, THERE), usd(0.25), at(3));
    assert!(matches!(notice, Some(Notice::Reached(_))), "{notice:?}");
    assert!(limits.check_cost(HERE, payer(ADA, HERE), at(3)).is_err());
    assert_eq!(limits.check_cost(HERE, payer(BOB, HERE), at(3)), Ok(()));
    // The exact cost replaces the estimate.
    limits.booked(THERE, (ADA, THERE), usd(0.1), at(4));
    assert_eq!(limits.check_cost(HERE, payer(ADA, HERE), at(5)), Ok(()));
}

#[test]
fn a_budget_that_is_nearly_spent_is_told_once() {
    let of_day = ChannelLimit {
        usd_per_day: Some(usd(1.0)),
        ..ChannelLimit::default()
    };
    let mut limits = budgets(Limit::default(), of_day);
    let told = |notice| matches!(notice, Some(Notice::NearlySpent(_)));
    assert!(!told(limits.spent(
        HERE,
        payer(ADA, HERE),
        usd(0.79),
        at(0)
    )));
    assert!(told(limits.spent(HERE, payer(ADA, HERE), usd(0.8), at(1))));
    assert!(!told(limits.spent(HERE, payer(ADA, HERE), usd(0.9), at(2))));
    assert_eq!(limits.booked(HERE, (ADA, HERE), usd(0.85), at(3)), None);
    assert!(!told(limits.spent(HERE, payer(BOB, HERE), usd(0.1), at(4))));
    limits.booked(HERE, (BOB, HERE), usd(0.1), at(5));
    // The next day.
    assert!(!told(limits.spent(
        HERE,
        payer(BOB, HERE),
        usd(0.1),
        at(90_000)
    )));
    assert!(told(limits.spent(
        HERE,
        payer(BOB, HERE),
        usd(0.9),
        at(90_001)
    )));
    // Only the end of the turn shows it.
    let mut limits = budgets(Limit::default(), of_day);
    assert_eq!(limits.spent(HERE, payer(ADA, HERE), usd(0.1), at(0)), None);
    let budget = limits.booked(HERE, (ADA, HERE), usd(0.9), at(1)).unwrap();
    assert_eq!((budget.spent, budget.max), (usd(0.9), usd(1.0)));
    // What was booked before a start has been told.
    let mut limits = budgets(Limit::default(), of_day);
    limits.add_earlier((ADA, HERE), usd(0.9), at(0), at(1));
    assert!(!told(limits.spent(
        HERE,
        payer(ADA, HERE),
        usd(0.05),
        at(2)
    )));
}

#[test]
fn a_turns_budget_begins_anew_with_each_turn() {
    let of_turn = ChannelLimit {
        usd_per_turn: Some(usd(1.0)),
        ..ChannelLimit::default()
    };
    let mut limits = budgets(Limit::default(), of_turn);
    for turn in 0..3 {
        let now = at(turn * 60);
        assert_eq!(limits.take(HERE, payer(ADA, HERE), now), Ok(()));
        assert_eq!(limits.spent(HERE, payer(ADA, HERE), usd(0.5), now), None);
        let nearly = limits.spent(HERE, payer(ADA, HERE), usd(0.9), now);
        assert!(matches!(nearly, Some(Notice::NearlySpent(_))), "{nearly:?}");
        let over = limits.spent(HERE, payer(ADA, HERE), usd(1.1), now);
        let Some(Notice::Reached(over)) = over else {
            panic!("{over:?}");
        };
        assert_eq!(
            reached(Err(over)),
            (Scope::Channel, BudgetPeriod::Turn, now)
        );
        // The next message is not part of it.
        assert_eq!(limits.take(HERE, payer(BOB, HERE), now), Ok(()));
        limits.booked(HERE, (ADA, HERE), usd(1.1), now);
    }
}

#[test]
fn a_budget_that_is_set_holds_until_its_end() {
    let of_day = ChannelLimit {
        usd_per_day: Some(usd(2.0)),
        ..ChannelLimit::default()
    };
    let set = |dollars, until| {
        Some(DayBudget {
            usd: usd(dollars),
            until: at(until),
            by: ADA,
            name: "Ada".to_owned(),
        })
    };
    let mut limits = budgets(Limit::default(), of_day);
    limits.booked(HERE, (ADA, HERE), usd(1.0), at(0));
    let check = |limits: &mut Limits, now| limits.check_cost(HERE, payer(BOB, HERE), at(now));
    limits.set_budget(HERE, set(0.5, 40_000));
    // The configured one is not reached, so it ends with what is set.
    assert_eq!(
        reached(check(&mut limits, 1)),
        (Scope::Channel, BudgetPeriod::Day, at(40_000))
    );
    assert_eq!(check(&mut limits, 40_000), Ok(()));
    // It ends when the spending is a day ago, if that is earlier.
    limits.set_budget(HERE, set(0.5, 100_000));
    assert_eq!(reached(check(&mut limits, 1)).2, at(86_400));
    // Both are reached.
    limits.booked(HERE, (ADA, HERE), usd(1.0), at(10));
    limits.set_budget(HERE, set(0.0, 40_000));
    assert_eq!(reached(check(&mut limits, 11)).2, at(86_400));
    limits.set_budget(HERE, set(3.0, 40_000));
    assert_eq!(check(&mut limits, 11), Ok(()));
    limits.set_budget(HERE, None);
    assert_eq!(reached(check(&mut limits, 11)).2, at(86_400));
    // Elsewhere nothing is set.
    limits.set_budget(HERE, set(0.0, 40_000));
    assert_eq!(limits.check_cost(THERE, payer(BOB, THERE), at(12)), Ok(()));
}

proptest! {
    #[test]
    fn the_limit_holds_in_any_hour_and_ends_at_the_reported_time(most in 1_u32..5, gaps in prop::collection::vec(0_i64..2_000, 1..60)) {
        let mut limits = limits(limit(Some(most), None), Limit::default());
        let mut now = 0;
        let mut taken: Vec<i64> = Vec::new();
        for gap in gaps {
            now += gap;
            match limits.take(ADA, HERE, at(now)) {
                Ok(()) => taken.push(now),
                Err(reached) => {
                    prop_assert!(reached.until > at(now) && reached.until <= at(now + 3_600));
                    prop_assert!(limits.take(ADA, HERE, reached.until - TimeDelta::seconds(1)).is_err());
                    now = reached.until.timestamp();
                    prop_assert_eq!(limits.take(ADA, HERE, at(now)), Ok(()));
                    taken.push(now);
                }
            }
        }
        let most = usize::try_from(most).unwrap();
        for hour in taken.windows(most + 1) {
            prop_assert!(hour[most] - hour[0] >= 3_600, "{taken:?}");
        }
    }
}
