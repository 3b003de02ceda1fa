//! Discord's rate limits, as far as its answers have described them. Pure.
//!
//! Each answer names the bucket of its route, how many more calls the bucket takes, and when it is full again (Discord
//! developer docs, "Rate limits"). Until a route's bucket is known, one call goes out at a time.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;

use super::{
    call::Route,
    verdict::{LimitScope, Verdict, seconds},
};

/// How many calls Discord takes per second (its developer docs, "Global rate limit").
const GLOBAL: usize = 50;
/// Discord gives three decimals and may have rounded down.
const ROUNDED: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// From this many buckets on, those that are full again are forgotten.
const KEPT: usize = 1_000;

/// What a call must wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    Until(Instant),
    /// The answer to another call.
    ForAnswer,
}

/// Where a call that went out counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    /// Discord's name for the bucket, or the route's name while that is not known.
    bucket: String,
    major: String,
    global: bool,
}

#[derive(Debug, Default)]
struct Bucket {
    /// How many more calls it takes, and when it is full again.
    told: Option<(u32, Instant)>,
    /// Calls without an answer yet.
    in_flight: u32,
}

#[derive(Debug, Default)]
pub(super) struct RateLimiter {
    /// No call may go out before this.
    stopped_until: Option<Instant>,
    /// Calls without an answer yet that the global limit counts.
    in_flight: usize,
    /// When the calls of the last second were answered. Only Discord knows when a call arrived, but it was before the
    /// answer. Counting each call until a second after its answer keeps every second of Discord's below the limit.
    answered: VecDeque<Instant>,
    /// Discord's names for the buckets, by route.
    names: HashMap<&'static str, String>,
    buckets: HashMap<Ticket, Bucket>,
}

impl RateLimiter {
    /// Lets a call to `route` go out, or says what it must wait for. [`learn`](Self::learn) and
    /// [`finished`](Self::finished) need the ticket.
    pub(super) fn admit(&mut self, route: &Route, now: Instant) -> Result<Ticket, Wait> {
        self.admit_among(route, 1, now)
    }

    /// The same for a call that goes out only while the global limit has this many places free, its own included.
    pub(super) fn admit_among(
        &mut self,
        route: &Route,
        places: usize,
        now: Instant,
    ) -> Result<Ticket, Wait> {
        self.peek(route, now)?;
        self.has_room(route, places, now)?;
        let ticket = self.ticket(route);
        if self.buckets.len() >= KEPT {
            self.forget(now);
        }
        if route.global {
            self.in_flight += 1;
        }
        let bucket = self.buckets.entry(ticket.clone()).or_default();
        bucket.in_flight += 1;
        Ok(ticket)
    }

    /// Whether a call to `route` may go out now if the global limit has room.
    pub(super) fn peek(&mut self, route: &Route, now: Instant) -> Result<(), Wait> {
        if let Some(until) = self.stopped_until.filter(|until| now < *until) {
            return Err(Wait::Until(until));
        }
        let ticket = self.ticket(route);
        if let Some(bucket) = self.buckets.get_mut(&ticket) {
            // Once it is full again, only the next answer tells how many calls it takes.
            bucket.told = bucket.told.filter(|(_, full_at)| now < *full_at);
            match bucket.told {
                Some((0, full_at)) => return Err(Wait::Until(full_at)),
                Some((left, _)) if left <= bucket.in_flight => return Err(Wait::ForAnswer),
                None if bucket.in_flight > 0 => return Err(Wait::ForAnswer),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the global limit has this many places free, if it counts calls to `route`.
    fn has_room(&mut self, route: &Route, places: usize, now: Instant) -> Result<(), Wait> {
        while self.answered.front().is_some_and(|at| now >= *at + SECOND) {
            self.answered.pop_front();
        }
        let taken = self.in_flight + self.answered.len();
        let lacking = (taken + places).saturating_sub(GLOBAL);
        let Some(last) = lacking.checked_sub(1).filter(|_| route.global) else {
            return Ok(());
        };
        let last = self.answered.get(last);
        Err(last.map_or(Wait::ForAnswer, |last| Wait::Until(*last + SECOND)))
    }

    /// How long to pause before another call to `route` that need not be made at once, so that what the bucket takes lasts
    /// until it is full again.
    pub(super) fn pause(&self, route: &Route, now: Instant) -> Duration {
        let bucket = self.buckets.get(&self.ticket(route));
        let told = bucket.and_then(|bucket| bucket.told);
        told.map_or(Duration::ZERO, |(left, full_at)| {
            full_at.saturating_duration_since(now) / left.max(1)
        })
    }

    /// Learns from the answer to a call. Call it before [`finished`](Self::finished).
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
            Verdict::Limited {
                wait,
                scope: LimitScope::Global | LimitScope::Banned,
            } => {
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
            return self.mark_spent(ticket);
        };
        let in_flight = self.buckets.get(ticket).map_or(0, |old| old.in_flight);
        let bucket = self.buckets.entry(self.ticket(route)).or_default();
        // Answers to calls that went out together may come in another order, so the stricter one holds.
        if let Some((before, until)) = bucket.told.filter(|(_, until)| now < *until)
            && (in_flight > 1 || before == 0)
        {
            left = left.min(before);
            full_at = full_at.max(until);
        }
        bucket.told = Some((left, full_at));
    }

    /// A call may have reached its bucket, but no answer says so.
    pub(super) fn mark_spent(&mut self, ticket: &Ticket) {
        let bucket = self.buckets.get_mut(ticket);
        if let Some((left, _)) = bucket.and_then(|bucket| bucket.told.as_mut()) {
            *left = left.saturating_sub(1);
        }
    }

    /// A call that went out has ended, with or without an answer. Call it once per ticket.
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

    /// Forgets buckets about which nothing is known.
    fn forget(&mut self, now: Instant) {
        let is_of_use =
            |bucket: &Bucket| bucket.in_flight > 0 || bucket.told.is_some_and(|told| now < told.1);
        self.buckets.retain(|_, bucket| is_of_use(bucket));
    }
}

#[cfg(test)]
mod tests;
