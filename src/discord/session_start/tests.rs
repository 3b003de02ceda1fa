use proptest::prelude::*;

use super::*;

fn next_start(remaining: u64, reset_after: Duration) -> NextStart {
    let limit = SessionStartLimit {
        total: 1_000,
        remaining,
        reset_after: u64::try_from(reset_after.as_millis()).unwrap(),
        max_concurrency: 1,
    };
    limit.next_start()
}

#[test]
fn starts_are_free_then_spread_then_refused() {
    let after = |seconds| NextStart::After(Duration::from_secs(seconds));
    for remaining in [1_000, 801] {
        assert_eq!(next_start(remaining, DAY), after(0));
    }
    assert_eq!(next_start(800, DAY), after(432));
    assert_eq!(next_start(700, DAY / 2), after(432));
    assert_eq!(next_start(601, Duration::from_secs(432)), after(432));
    for remaining in [600, 1, 0] {
        assert_eq!(next_start(remaining, DAY), NextStart::AtReset(DAY));
    }
}

#[test]
fn implausible_answers_neither_spin_nor_block_forever() {
    let soon = NextStart::AtReset(Duration::from_secs(1));
    assert_eq!(next_start(0, Duration::ZERO), soon);
    assert_eq!(next_start(0, DAY * 1_000), NextStart::AtReset(DAY));
    let none = SessionStartLimit {
        total: 0,
        remaining: 0,
        reset_after: 0,
        max_concurrency: 0,
    };
    assert_eq!(none.next_start(), soon);
    assert_eq!(none.bucket(3), 0);
}

proptest! {
    #[test]
    fn the_reserve_is_never_used(total: u64, remaining: u64, reset_after: u64) {
        let limit = SessionStartLimit { total, remaining, reset_after, max_concurrency: 1 };
        let may_start = matches!(limit.next_start(), NextStart::After(_));
        prop_assert!(!may_start || u128::from(remaining) * 5 > u128::from(total) * 3);
    }
}
