use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn pauses_double_up_to_a_minute_and_end_with_success() {
    let mut now = Instant::now();
    let mut backoff = RestartBackoff::default();
    assert_eq!(backoff.until(now), None);
    for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        // Far enough apart that the window does not matter.
        now += WINDOW * 2;
        backoff.failed(now);
        assert_eq!(backoff.until(now), Some(now + SECOND * pause));
        assert!(!backoff.is_open(now));
    }
    backoff.succeeded();
    assert_eq!(backoff.until(now), None);
}

#[test]
fn five_failures_in_a_minute_block_starts() {
    let begun = Instant::now();
    let mut backoff = RestartBackoff::default();
    for second in 0..5 {
        assert!(!backoff.is_open(begun + SECOND * second));
        backoff.failed(begun + SECOND * second);
        backoff.succeeded();
    }
    let now = begun + SECOND * 10;
    assert!(backoff.is_open(now));
    assert_eq!(backoff.until(now), Some(begun + WINDOW));
    assert_eq!(backoff.until(begun + WINDOW), None);
}

proptest! {
    #[test]
    fn no_minute_has_more_than_five_failing_starts(waits in prop::collection::vec(0u64..30_000, 1..60),
                                                   successes in prop::collection::vec(any::<bool>(), 60)) {
        let mut now = Instant::now();
        let mut backoff = RestartBackoff::default();
        let mut failures: Vec<Instant> = Vec::new();
        for (wait, successes) in waits.iter().zip(successes) {
            now += Duration::from_millis(*wait);
            now = backoff.until(now).unwrap_or(now);
            backoff.failed(now);
            if successes {
                backoff.succeeded();
            }
            failures.push(now);
        }
        for six in failures.windows(MOST + 1) {
            prop_assert!(six[MOST] - six[0] >= WINDOW);
        }
    }
}
