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
mod tests;
