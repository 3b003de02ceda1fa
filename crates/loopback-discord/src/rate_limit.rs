//! Rate limits in force: each response describes its bucket, and calls beyond the limit are answered
//! with 429.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Route, Snowflake, fault::seconds, record::major_parameter};

/// How often a channel's name can be changed in each window.
const RENAMES: u32 = 2;

/// The limit of a route where no other is in force: so many calls in each window, which no bot makes.
const UNLIMITED: (u32, Duration) = (1000, Duration::from_secs(1));

/// The limits that Discord's headers show for the calls a bot makes most. Discord does not document
/// them, and changes them without notice.
pub(crate) const USUAL: [(&str, u32, Duration); 8] = [
    ("POST /channels/*/messages", 5, Duration::from_secs(5)),
    ("PATCH /channels/*/messages/*", 5, Duration::from_secs(5)),
    ("DELETE /channels/*/messages/*", 5, Duration::from_secs(1)),
    ("GET /channels/*/messages", 5, Duration::from_secs(5)),
    (
        "/channels/*/messages/*/reactions/**",
        1,
        Duration::from_millis(250),
    ),
    ("POST /channels/*/typing", 5, Duration::from_secs(5)),
    ("PATCH /channels/*", 5, Duration::from_secs(15)),
    ("/webhooks/**", 5, Duration::from_secs(2)),
];

/// A limit in force: so many calls in each window, counted by major parameter.
#[derive(Debug)]
struct RateLimit {
    route: Route,
    calls: u32,
    length: Duration,
}

/// One window of a limit.
#[derive(Clone, Copy, Debug)]
struct Window {
    remaining: u32,
    ends: Instant,
}

impl Window {
    fn new(calls: u32, length: Duration, now: Instant) -> Self {
        Self {
            remaining: calls,
            ends: now + length,
        }
    }

    /// Counts a call. Returns the time to wait if it is one too many.
    fn count(&mut self, now: Instant) -> Option<Duration> {
        let wait = (self.remaining == 0).then(|| self.ends.saturating_duration_since(now));
        self.remaining = self.remaining.saturating_sub(1);
        wait
    }
}

/// The verdict of a limit on a call.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The headers that describe the bucket.
    pub(crate) headers: HeaderMap,
    /// How long the caller has to wait, if the call is one too many.
    pub(crate) wait: Option<Duration>,
}

/// All limits in force.
#[derive(Debug)]
pub(crate) struct RateLimits {
    limits: Vec<RateLimit>,
    /// The windows by bucket and major parameter.
    windows: HashMap<(String, Option<String>), Window>,
    /// The length of the window for changes of a channel's name.
    rename_window: Duration,
    renames: HashMap<Snowflake, Window>,
    /// How many calls went beyond a limit.
    pub(crate) overruns: usize,
}

impl RateLimits {
    pub(crate) fn new(rename_window: Duration) -> Self {
        Self {
            limits: Vec::new(),
            windows: HashMap::new(),
            rename_window,
            renames: HashMap::new(),
            overruns: 0,
        }
    }

    pub(crate) fn add(&mut self, route: &str, calls: u32, length: Duration) {
        self.limits.push(RateLimit {
            route: Route::new(route),
            calls,
            length,
        });
    }

    /// The bucket that a call counts in, and its limit: the first in force that covers the call.
    fn limit(&self, method: &str, path: &str) -> (String, u32, Duration) {
        let mut limits = self.limits.iter().enumerate();
        match limits.find(|(_, limit)| limit.route.matches(method, path)) {
            Some((index, limit)) => (format!("loopback-{index}"), limit.calls, limit.length),
            None => (bucket_of_route(method, path), UNLIMITED.0, UNLIMITED.1),
        }
    }

    /// The bucket that a call counts in.
    pub(crate) fn bucket(&self, method: &str, path: &str) -> String {
        self.limit(method, path).0
    }

    /// Counts a call against its limit.
    pub(crate) fn count(
        &mut self,
        method: &str,
        path: &str,
        now: Instant,
        unix_ms: u64,
    ) -> Verdict {
        let (bucket, calls, length) = self.limit(method, path);
        let fresh = Window::new(calls, length, now);
        let key = (bucket.clone(), major_parameter(path));
        let window = self.windows.entry(key).or_insert(fresh);
        if now >= window.ends {
            *window = fresh;
        }
        let wait = window.count(now);
        self.overruns += usize::from(wait.is_some());
        let reset = window.ends.saturating_duration_since(now);
        let reset_at = Duration::from_millis(unix_ms) + reset;
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("x-ratelimit-bucket", bucket);
        set("x-ratelimit-limit", calls.to_string());
        set("x-ratelimit-remaining", window.remaining.to_string());
        set(
            "x-ratelimit-reset",
            format!("{:.3}", reset_at.as_secs_f64()),
        );
        set(
            "x-ratelimit-reset-after",
            format!("{:.3}", reset.as_secs_f64()),
        );
        if let Some(wait) = wait {
            set("x-ratelimit-scope", "user".to_owned());
            headers.insert(HeaderName::from_static("retry-after"), seconds(wait));
        }
        Verdict { headers, wait }
    }

    /// Counts a change of a channel's name. Returns the time to wait if it is one too many: the
    /// route's own headers say nothing of this limit.
    pub(crate) fn count_rename(&mut self, channel: Snowflake, now: Instant) -> Option<Duration> {
        let fresh = Window::new(RENAMES, self.rename_window, now);
        let window = self.renames.entry(channel).or_insert(fresh);
        if now >= window.ends {
            *window = fresh;
        }
        let wait = window.count(now);
        self.overruns += usize::from(wait.is_some());
        wait
    }
}

/// The name of a route's own bucket: hexadecimal digits that the method and the path without ids determine.
fn bucket_of_route(method: &str, path: &str) -> String {
    let mut hasher = DefaultHasher::new();
    method.hash(&mut hasher);
    for (place, segment) in path.split('/').enumerate() {
        // After the id in `/webhooks/{id}/{token}` and `/interactions/{id}/{token}` comes a token.
        let token = place == 3 && (path.starts_with("/webhooks") || path.starts_with("/inter"));
        let emoji = place == 6 && path.contains("/reactions/");
        let id = segment.bytes().all(|byte| byte.is_ascii_digit());
        (if token || emoji || id { "*" } else { segment }).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests;
