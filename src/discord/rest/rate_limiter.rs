//! Discord's rate limits, as far as it has told of them. Pure: the time is passed in.
//!
//! Each answer names the bucket that its route counts in, how many calls it still takes, and when it is full again
//! (Discord developer docs, "Rate limits"). Until a route's bucket is known, one call goes out at a time.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;

use super::{
    call::Route,
    verdict::{Verdict, seconds},
};

/// How many calls Discord takes in a second (its developer docs, "Global rate limit").
const GLOBAL: usize = 50;
/// What Discord may have rounded off: it gives three decimals.
const ROUNDED: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// How many buckets are kept; beyond, those that are full again are forgotten.
const KEPT: usize = 1_000;

/// Whether a call may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may, and counts from now on; the ticket is for [`RateLimiter::learn`] and [`RateLimiter::finished`].
    Go(Ticket),
    /// Not before this.
    Wait(Instant),
    /// Not before another has been answered.
    Busy,
}

/// When a call may go out, as far as is known now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Availability {
    Now,
    /// Not before this.
    At(Instant),
    /// When another has been answered.
    WhenAnswered,
}

/// Where a call that went out counts: Discord's name for the bucket, or the route's own while that is not known, and
/// the id that has a limit of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    bucket: String,
    major: String,
    /// Whether the global limit counts it.
    global: bool,
}

#[derive(Debug, Default)]
struct Bucket {
    /// How many more calls it takes, and when it is full again; `None` while that is unknown.
    told: Option<(u32, Instant)>,
    /// How many calls have no answer yet.
    in_flight: u32,
}

/// All limits.
#[derive(Debug, Default)]
pub(super) struct RateLimiter {
    /// Nobody may send before this.
    stopped_until: Option<Instant>,
    /// How many calls that the global limit counts have no answer yet.
    in_flight: usize,
    /// When those of the last second were answered. A call counts until a second after its answer: when it arrived,
    /// nobody but Discord knows, but it was no later than that. So no second of Discord's holds too many.
    answered: VecDeque<Instant>,
    /// Discord's names for the buckets of routes.
    names: HashMap<&'static str, String>,
    buckets: HashMap<Ticket, Bucket>,
}

impl RateLimiter {
    /// Whether a call to `route` may go out now. One that may counts from now on.
    pub(super) fn admit(&mut self, route: &Route, now: Instant) -> Admission {
        match self.peek(route, now) {
            Availability::At(until) => return Admission::Wait(until),
            Availability::WhenAnswered => return Admission::Busy,
            Availability::Now => {}
        }
        let ticket = self.ticket(route);
        if self.buckets.len() >= KEPT {
            self.forget(now);
        }
        if route.global {
            self.in_flight += 1;
        }
        let bucket = self.buckets.entry(ticket.clone()).or_default();
        bucket.in_flight += 1;
        Admission::Go(ticket)
    }

    /// When a call to `route` may go out.
    pub(super) fn peek(&mut self, route: &Route, now: Instant) -> Availability {
        if let Some(until) = self.stopped_until.filter(|until| now < *until) {
            return Availability::At(until);
        }
        let ticket = self.ticket(route);
        if let Some(bucket) = self.buckets.get_mut(&ticket) {
            // Once it is full again, only the next answer tells how many it takes.
            bucket.told = bucket.told.filter(|(_, full_at)| now < *full_at);
            match bucket.told {
                Some((0, full_at)) => return Availability::At(full_at),
                Some((left, _)) if left <= bucket.in_flight => return Availability::WhenAnswered,
                None if bucket.in_flight > 0 => return Availability::WhenAnswered,
                _ => {}
            }
        }
        if route.global {
            while self.answered.front().is_some_and(|at| now >= *at + SECOND) {
                self.answered.pop_front();
            }
            if self.in_flight + self.answered.len() >= GLOBAL {
                return match self.answered.front() {
                    Some(first) => Availability::At(*first + SECOND),
                    None => Availability::WhenAnswered,
                };
            }
        }
        Availability::Now
    }

    /// Learns from the answer to a call. To be called before [`finished`](Self::finished).
    pub(super) fn learn(
        &mut self,
        route: &Route,
        ticket: &Ticket,
        headers: &HeaderMap,
        verdict: &Verdict,
        now: Instant,
    ) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(name) = text("x-ratelimit-bucket") {
            self.names.insert(route.name, name.to_owned());
        }
        let told = match verdict {
            Verdict::Limited { wait, scope } if scope.stops_all() => {
                self.stopped_until = self.stopped_until.max(Some(now + *wait));
                None
            }
            Verdict::Limited { wait, .. } => Some((0, now + *wait)),
            _ => {
                let left = text("x-ratelimit-remaining").and_then(|left| left.trim().parse().ok());
                let reset = text("x-ratelimit-reset-after").and_then(seconds);
                left.zip(reset.map(|reset| now + reset + ROUNDED))
            }
        };
        let Some((mut left, mut full_at)) = told else {
            return self.spent(ticket);
        };
        let in_flight = self.buckets.get(ticket).map_or(0, |old| old.in_flight);
        let bucket = self.buckets.entry(self.ticket(route)).or_default();
        // Answers to calls that went out together may come in another order: the stricter one holds.
        if let Some((before, until)) = bucket.told.filter(|(_, until)| now < *until)
            && (in_flight > 1 || before == 0)
        {
            left = left.min(before);
            full_at = full_at.max(until);
        }
        bucket.told = Some((left, full_at));
    }

    /// A call may have reached its bucket, but nobody has said so.
    pub(super) fn spent(&mut self, ticket: &Ticket) {
        let bucket = self.buckets.get_mut(ticket);
        if let Some((left, _)) = bucket.and_then(|bucket| bucket.told.as_mut()) {
            *left = left.saturating_sub(1);
        }
    }

    /// A call that went out has ended, with an answer or without. To be called once for each.
    pub(super) fn finished(&mut self, ticket: &Ticket, now: Instant) {
        if ticket.global {
            self.in_flight = self.in_flight.saturating_sub(1);
            self.answered.push_back(now);
        }
        if let Some(bucket) = self.buckets.get_mut(ticket) {
            bucket.in_flight = bucket.in_flight.saturating_sub(1);
        }
    }

    fn ticket(&self, route: &Route) -> Ticket {
        let name = self.names.get(route.name);
        Ticket {
            bucket: name.map_or(route.name, String::as_str).to_owned(),
            major: route.major.clone(),
            global: route.global,
        }
    }

    /// Forgets buckets that nothing is known of.
    fn forget(&mut self, now: Instant) {
        let is_of_use =
            |bucket: &Bucket| bucket.in_flight > 0 || bucket.told.is_some_and(|told| now < told.1);
        self.buckets.retain(|_, bucket| is_of_use(bucket));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::discord::rest::verdict::Scope;

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
            Admission::Go(ticket) => ticket,
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

    fn limited(seconds: f64, scope: Scope) -> Verdict {
        let wait = Duration::from_secs_f64(seconds);
        Verdict::Limited { wait, scope }
    }

    #[test]
    fn an_unknown_bucket_takes_one_at_a_time() {
        let (mut limits, now, here) = (RateLimiter::default(), Instant::now(), route("a", 1));
        let first = go(&mut limits, &here, now);
        assert_eq!(limits.admit(&here, now), Admission::Busy);
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
        assert_eq!(limits.admit(&here, now), Admission::Wait(full_at));
        // Another route is free, until it is known to count in the same bucket.
        call(
            &mut limits,
            &other,
            &headers("x", 0, 1.5),
            &Verdict::Done,
            now,
        );
        assert_eq!(limits.admit(&other, now), Admission::Wait(full_at));
        go(&mut limits, &here, full_at);
        assert_eq!(limits.admit(&here, full_at), Admission::Busy);
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
        assert_eq!(limits.admit(&here, now), Admission::Busy);
        // The answers come swapped.
        limits.learn(&here, &second, &headers("x", 0, 1.0), &Verdict::Done, now);
        limits.finished(&second, now);
        limits.learn(&here, &first, &headers("x", 1, 1.0), &Verdict::Done, now);
        limits.finished(&first, now);
        assert_eq!(
            limits.admit(&here, now),
            Admission::Wait(now + SECOND + ROUNDED)
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
        limits.spent(&lost);
        limits.finished(&lost, now);
        call(&mut limits, &here, &HeaderMap::new(), &Verdict::Again, now);
        let full_at = now + SECOND + ROUNDED;
        assert_eq!(limits.admit(&here, now), Admission::Wait(full_at));
    }

    #[test]
    fn a_limit_stops_whom_it_names() {
        let (now, here) = (Instant::now(), route("a", 1));
        let other = route("b", 2);
        for scope in [Scope::Route, Scope::Shared] {
            let mut limits = RateLimiter::default();
            call(
                &mut limits,
                &here,
                &HeaderMap::new(),
                &limited(0.4, scope),
                now,
            );
            let until = now + Duration::from_millis(400);
            assert_eq!(limits.admit(&here, now), Admission::Wait(until));
            go(&mut limits, &other, now);
            go(&mut limits, &here, until);
        }
        for scope in [Scope::Global, Scope::Banned] {
            let mut limits = RateLimiter::default();
            call(
                &mut limits,
                &here,
                &HeaderMap::new(),
                &limited(7.0, scope),
                now,
            );
            let until = now + Duration::from_secs(7);
            assert_eq!(limits.admit(&other, now), Admission::Wait(until));
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
                if let Admission::Go(ticket) = limits.admit(&route("a", number as u64), now) {
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
                    Admission::Wait(until) => until,
                    Admission::Go(ticket) => {
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
                    Admission::Busy => return Err(TestCaseError::fail("nothing is in flight")),
                };
                prop_assert!(until > now && until <= now + window.max(SECOND) + ROUNDED);
            }
        }
    }
}
