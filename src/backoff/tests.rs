use proptest::prelude::*;

use super::*;

#[test]
fn delays_double_up_to_the_maximum() {
    let delays = [0, 1, 2, 3, 6, 7, 33, 34, u32::MAX];
    let delays = delays.map(|failures| Backoff::RECONNECT.delay(failures).as_secs());
    assert_eq!(delays, [0, 1, 2, 4, 32, 60, 60, 60, 60]);
}

proptest! {
    #[test]
    fn delays_never_shrink_and_jitter_takes_at_most_half(
        first in 0u64..1_000_000, max in 0u64..1_000_000, failures: u32, random: u64,
    ) {
        let [first, max] = [first, first + max].map(Duration::from_millis);
        let backoff = Backoff::new(first, max);
        let delay = backoff.delay(failures);
        prop_assert!(delay <= backoff.delay(failures.saturating_add(1)) && delay <= max);
        let jittered = backoff.jittered(failures, random);
        prop_assert!(delay / 2 <= jittered && jittered <= delay);
    }
}
