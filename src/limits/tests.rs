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
    })
}

#[test]
fn without_limits_nothing_is_counted() {
    let mut limits = limits(Limit::default(), Limit::default());
    for second in 0..1_000 {
        limits.spent(ADA, HERE, Usd::from_dollars(100.0), at(second));
        assert_eq!(limits.take(ADA, HERE, at(second)), Ok(()));
    }
    assert!(limits.messages.is_empty() && limits.cost.is_empty());
}

#[test]
fn so_many_messages_within_an_hour() {
    let mut limits = limits(limit(Some(2), None), limit(Some(3), None));
    let full = |scope, until| {
        Err(Reached {
            scope,
            what: What::Messages,
            until: at(until),
        })
    };
    assert_eq!(limits.take(ADA, HERE, at(0)), Ok(()));
    assert_eq!(limits.take(ADA, THERE, at(10)), Ok(()));
    // In whichever channel; and what is refused does not count.
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
fn so_many_dollars_within_a_day() {
    let mut limits = limits(limit(None, Some(1.0)), Limit::default());
    limits.spent(ADA, HERE, Usd::from_dollars(0.4), at(0));
    limits.spent(ADA, HERE, Usd::from_dollars(0.4), at(60));
    assert_eq!(limits.take(ADA, HERE, at(70)), Ok(()));
    limits.spent(ADA, THERE, Usd::from_dollars(0.3), at(80));
    let full = Err(Reached {
        scope: Scope::User,
        what: What::Cost,
        until: at(86_400),
    });
    assert_eq!(limits.check_cost(ADA, HERE, at(90)), full);
    assert_eq!(limits.take(ADA, THERE, at(86_399)), full);
    assert_eq!(limits.take(BOB, HERE, at(90)), Ok(()));
    assert_eq!(limits.take(ADA, HERE, at(86_400)), Ok(()));
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let mut limits = limits(limit(Some(1), Some(0.000_001)), Limit::default());
    limits.spent(ADA, HERE, Usd::from_dollars(5.0), at(900_000));
    assert_eq!(limits.take(ADA, HERE, at(0)), Ok(()));
}

#[test]
fn windows_that_have_run_empty_are_let_go() {
    let mut limits = limits(limit(Some(5), Some(0.000_005)), limit(Some(u32::MAX), None));
    for user in 0..3_000_u64 {
        let now = at(i64::try_from(user * 60).unwrap());
        assert_eq!(limits.take(UserId(user), HERE, now), Ok(()));
        limits.spent(UserId(user), HERE, Usd::from_dollars(0.1), now);
    }
    assert!(
        limits.messages.len() <= KEPT + 2,
        "{}",
        limits.messages.len()
    );
    assert!(limits.cost.len() <= 1_442, "{}", limits.cost.len());
}

proptest! {
    /// Whoever comes back when told to is let in, and within any hour no more are let in than may be.
    #[test]
    fn the_time_told_is_the_time(most in 1_u32..5, gaps in prop::collection::vec(0_i64..2_000, 1..60)) {
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
