use super::*;

#[test]
fn a_rejecting_channel_is_left_alone_for_ten_minutes() {
    for status in [403, 404] {
        let (breaker, now) = (CircuitBreaker::default(), Instant::now());
        assert!(!breaker.is_open(now));
        assert!(breaker.failed(status, now), "reported once");
        assert!(!breaker.failed(status, now), "not twice");
        assert!(breaker.is_open(now + OPEN_FOR / 2));
        assert!(!breaker.is_open(now + OPEN_FOR));
        // That try is rejected too.
        assert!(breaker.failed(status, now + OPEN_FOR), "reported again");
        assert!(breaker.is_open(now + OPEN_FOR));
        breaker.succeeded();
        assert!(!breaker.is_open(now + OPEN_FOR));
    }
}

#[test]
fn other_failures_do_not_open_it() {
    let (breaker, now) = (CircuitBreaker::default(), Instant::now());
    for status in [400, 413, 500] {
        assert!(!breaker.failed(status, now));
        assert!(!breaker.is_open(now));
    }
}
