//! Discord's answers and what the bot learns from them, for the fuzz targets.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{
    call::Route,
    clock::Clock,
    rate_limiter::{RateLimiter, Wait},
    verdict::{Verdict, is_invalid, verdict},
};

/// All state that responses change, with a clock of its own.
#[derive(Debug)]
pub struct Answered {
    limits: RateLimiter,
    clock: Clock,
    now: Instant,
}

/// The outcome of an answer.
#[derive(Debug)]
pub struct Outcome {
    /// How long a limit of this answer stops the call.
    pub wait: Option<Duration>,
    /// How many characters of Discord's message are kept.
    pub words: usize,
    /// Whether it counts as an invalid request.
    pub is_invalid: bool,
    /// Discord's time after the answer, and a second later.
    pub times: [DateTime<Utc>; 2],
}

impl Default for Answered {
    fn default() -> Self {
        Self {
            limits: RateLimiter::default(),
            clock: Clock::default(),
            now: Instant::now(),
        }
    }
}

impl Answered {
    /// Sends a call as soon as the limits allow it, and receives its answer `after_ms` later. Each line of `headers` is a
    /// header. Returns how long the call had to wait, and the outcome; `None` if it never went out.
    pub fn answer(
        &mut self,
        after_ms: u16,
        status: u16,
        headers: &str,
        body: &[u8],
    ) -> Option<(Duration, Outcome)> {
        let route = Route {
            name: "GET /a",
            major: "1".to_owned(),
            global: true,
        };
        let asked = self.now;
        let mut tries = 0;
        let ticket = loop {
            match self.limits.admit(&route, self.now) {
                Ok(ticket) => break ticket,
                // When one limit has passed, another may still hold.
                Err(Wait::Until(until)) if until > self.now && tries < 8 => self.now = until,
                Err(_) => return None,
            }
            tries += 1;
        };
        let waited = self.now - asked;
        self.now += Duration::from_millis(after_ms.into());
        let headers = read(headers);
        let verdict = verdict(status, &headers, body);
        self.clock.learn(&headers, self.now);
        self.limits
            .learn(&route, &ticket, &headers, &verdict, self.now);
        self.limits.finished(&ticket, self.now);
        let (wait, words) = match &verdict {
            Verdict::Limited { wait, .. } => (Some(*wait), 0),
            Verdict::Refused { message, .. } => (None, message.chars().count()),
            _ => (None, 0),
        };
        let own = DateTime::UNIX_EPOCH;
        let later = self.now + Duration::from_secs(1);
        let outcome = Outcome {
            is_invalid: is_invalid(status, &verdict),
            wait,
            words,
            times: [self.now, later].map(|now| self.clock.time(now, own)),
        };
        Some((waited, outcome))
    }
}

fn read(lines: &str) -> HeaderMap {
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).ok()?;
        Some((name, value))
    };
    lines.lines().filter_map(header).collect()
}
