use proptest::prelude::*;
use reqwest::header::{HeaderName, HeaderValue};

use super::*;

fn route(name: &'static str, major: u64) -> Route {
    Route {
        name,
        major: major.to_string(),
        global: true,
    }
}

fn headers(bucket: &str, left: u32, reset: f64) -> HeaderMap {
    [
        ("x-ratelimit-bucket", bucket.to_owned()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-reset-after", reset.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(&value).unwrap(),
        )
    })
    .collect()
}

#[track_caller]
fn go(limits: &mut RateLimiter, route: &Route, now: Instant) -> Ticket {
    match limits.admit(route, now) {
        Ok(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// A call that is answered at once.
fn call(
    limits: &mut RateLimiter,
    route: &Route,
    headers: &HeaderMap,
    verdict: &Verdict,
    now: Instant,
) {
    let ticket = go(limits, route, now);
    limits.learn(route, &ticket, headers, verdict, now);
    limits.finished(&ticket, now);
}

fn limited(seconds: f64, scope: LimitScope) -> Verdict {
    let wait = Duration::from_secs_f64(seconds);
    Verdict::Limited { wait, scope }
}

#[test]
fn an_unknown_bucket_takes_one_at_a_time() {
    let (mut limits, now, here) = (RateLimiter::default(), Instant::now(), route("a", 1));
    let first = go(&mut limits, &here, now);
    assert_eq!(limits.admit(&here, now), Err(Wait::ForAnswer));
    // Another id has a bucket of its own.
    go(&mut limits, &route("a", 2), now);
    // It was never answered.
    limits.finished(&first, now);
    go(&mut limits, &here, now);
}

#[test]
fn an_exhausted_bucket_takes_nothing_until_it_is_full_again() {
    let (mut limits, now) = (RateLimiter::default(), Instant::now());
    let (here, other) = (route("a", 1), route("b", 1));
    call(
        &mut limits,
        &here,
        &headers("x", 0, 1.5),
        &Verdict::Done,
        now,
    );
    let full_at = now + Duration::from_millis(1500) + ROUNDED;
    assert_eq!(limits.admit(&here, now), Err(Wait::Until(full_at)));
    // Another route is free, until it is known to count in the same bucket.
    call(
        &mut limits,
        &other,
        &headers("x", 0, 1.5),
        &Verdict::Done,
        now,
    );
    assert_eq!(limits.admit(&other, now), Err(Wait::Until(full_at)));
    go(&mut limits, &here, full_at);
    assert_eq!(limits.admit(&here, full_at), Err(Wait::ForAnswer));
}

#[test]
fn as_many_go_out_together_as_are_left() {
    let (mut limits, now, here) = (RateLimiter::default(), Instant::now(), route("a", 1));
    call(
        &mut limits,
        &here,
        &headers("x", 2, 1.0),
        &Verdict::Done,
        now,
    );
    let (first, second) = (go(&mut limits, &here, now), go(&mut limits, &here, now));
    assert_eq!(limits.admit(&here, now), Err(Wait::ForAnswer));
    // The answers come swapped.
    limits.learn(&here, &second, &headers("x", 0, 1.0), &Verdict::Done, now);
    limits.finished(&second, now);
    limits.learn(&here, &first, &headers("x", 1, 1.0), &Verdict::Done, now);
    limits.finished(&first, now);
    assert_eq!(
        limits.admit(&here, now),
        Err(Wait::Until(now + SECOND + ROUNDED))
    );
}

#[test]
fn what_nobody_has_answered_counts() {
    let (mut limits, now, here) = (RateLimiter::default(), Instant::now(), route("a", 1));
    call(
        &mut limits,
        &here,
        &headers("x", 2, 1.0),
        &Verdict::Done,
        now,
    );
    // One without an answer, and one whose answer tells nothing of the bucket.
    let lost = go(&mut limits, &here, now);
    limits.mark_spent(&lost);
    limits.finished(&lost, now);
    call(&mut limits, &here, &HeaderMap::new(), &Verdict::Again, now);
    let full_at = now + SECOND + ROUNDED;
    assert_eq!(limits.admit(&here, now), Err(Wait::Until(full_at)));
}

#[test]
fn a_limit_stops_whom_it_names() {
    let (now, here) = (Instant::now(), route("a", 1));
    let other = route("b", 2);
    for scope in [LimitScope::Route, LimitScope::Shared] {
        let mut limits = RateLimiter::default();
        call(
            &mut limits,
            &here,
            &HeaderMap::new(),
            &limited(0.4, scope),
            now,
        );
        let until = now + Duration::from_millis(400);
        assert_eq!(limits.admit(&here, now), Err(Wait::Until(until)));
        go(&mut limits, &other, now);
        go(&mut limits, &here, until);
    }
    for scope in [LimitScope::Global, LimitScope::Banned] {
        let mut limits = RateLimiter::default();
        call(
            &mut limits,
            &here,
            &HeaderMap::new(),
            &limited(7.0, scope),
            now,
        );
        let until = now + Duration::from_secs(7);
        assert_eq!(limits.admit(&other, now), Err(Wait::Until(until)));
        go(&mut limits, &other, until);
    }
}

proptest! {
    /// However long calls are on their way, and whenever in that time they arrive.
    #[test]
    fn no_more_than_the_global_limit_arrives_in_any_second(
        steps in prop::collection::vec((0u64..40, 0u64..1_500, 0u64..=100), 1..300),
    ) {
        let (mut limits, mut now) = (RateLimiter::default(), Instant::now());
        let mut out: Vec<(Instant, Ticket)> = Vec::new();
        let mut arrived: Vec<Instant> = Vec::new();
        for (number, (step, flight, percent)) in steps.into_iter().enumerate() {
            now += Duration::from_millis(step);
            out.sort_by_key(|(end, _)| *end);
            let ended = out.partition_point(|(end, _)| *end <= now);
            for (end, ticket) in out.drain(..ended) {
                limits.finished(&ticket, end);
            }
            if let Ok(ticket) = limits.admit(&route("a", number as u64), now) {
                arrived.push(now + Duration::from_millis(flight * percent / 100));
                out.push((now + Duration::from_millis(flight), ticket));
            }
        }
        arrived.sort();
        for window in arrived.windows(GLOBAL + 1) {
            prop_assert!(window[GLOBAL] - window[0] >= SECOND);
        }
    }

    /// Against a Discord with a fixed window: nothing is sent while it takes nothing, and nothing waits for ever.
    #[test]
    fn nothing_is_sent_while_a_bucket_is_exhausted(
        size in 1u32..6, window_ms in 1u64..3_000, steps in prop::collection::vec(0u64..900, 1..300),
    ) {
        let (mut limits, mut now) = (RateLimiter::default(), Instant::now());
        let here = route("a", 1);
        let window = Duration::from_millis(window_ms);
        let (mut left, mut full_at) = (size, now);
        for step in steps {
            now += Duration::from_millis(step);
            let until = match limits.admit(&here, now) {
                Err(Wait::Until(until)) => until,
                Ok(ticket) => {
                    if now >= full_at {
                        (left, full_at) = (size, now + window);
                    }
                    prop_assert!(left > 0);
                    left -= 1;
                    let reset = full_at.duration_since(now).as_secs_f64();
                    limits.learn(&here, &ticket, &headers("x", left, reset), &Verdict::Done, now);
                    limits.finished(&ticket, now);
                    continue;
                }
                Err(Wait::ForAnswer) => return Err(TestCaseError::fail("nothing is in flight")),
            };
            prop_assert!(until > now && until <= now + window.max(SECOND) + ROUNDED);
        }
    }
}
