use proptest::prelude::*;

use super::*;

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
    }
}

fn limits(user: Limit, channel: Limit) -> Limits {
    Limits::new(LimitSettings {
        user,
        channel,
        bots_in_a_row: 0,
        ..LimitSettings::default()
    })
}

#[test]
fn nothing_is_counted_without_limits() {
    let mut limits = limits(Limit::default(), Limit::default());
    for second in 0..1_000 {
        limits.add_cost(ADA, HERE, Usd::from_dollars(100.0), at(second));
        assert_eq!(limits.take(ADA, HERE, at(second)), Ok(()));
    }
    assert!(limits.messages.is_empty() && limits.cost.is_empty());
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
        quantity: Quantity::Cost,
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
        limits.messages.len() <= MAX_WINDOWS + 2,
        "{}",
        limits.messages.len()
    );
    assert!(limits.cost.len() <= 1_442, "{}", limits.cost.len());
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
