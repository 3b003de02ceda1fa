use std::time::Duration;

use super::*;

#[test]
fn discords_time_continues_despite_clock_jumps() {
    let (begin, own) = (Instant::now(), DateTime::UNIX_EPOCH);
    let mut clock = Clock::default();
    assert_eq!(clock.time(begin, own), own);
    let mut learn = |date: &str, after: u64| {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, date.parse().unwrap());
        clock.learn(&headers, begin + Duration::from_secs(after));
        clock
            .time(begin + Duration::from_secs(100), own)
            .to_rfc3339()
    };
    assert_eq!(
        learn("Sat, 21 Nov 2026 16:00:00 GMT", 10),
        "2026-11-21T16:01:30+00:00"
    );
    assert_eq!(learn("nonsense", 20), "2026-11-21T16:01:30+00:00");
    assert_eq!(
        learn("Sat, 21 Nov 2026 15:00:00 GMT", 90),
        "2026-11-21T15:00:10+00:00"
    );
    // Told later than it is asked.
    assert_eq!(
        learn("Sat, 21 Nov 2026 15:00:00 GMT", 200),
        "2026-11-21T15:00:00+00:00"
    );
}
