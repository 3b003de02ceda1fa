//! Rate limits in force: each response describes its bucket, and calls beyond the limit are answered
//! with 429.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Route, Snowflake, fault::seconds, record::major_parameter};

/// How often a channel's name can be changed in each window.
const RENAMES: u32 = 2;

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
    windows: HashMap<Option<String>, Window>,
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
            windows: HashMap::new(),
        });
    }

    /// Counts a call against the first limit that covers it; `None` if none does.
    pub(crate) fn count(
        &mut self,
        method: &str,
        path: &str,
        now: Instant,
        unix_ms: u64,
    ) -> Option<Verdict> {
        let mut limits = self.limits.iter_mut().enumerate();
        let (index, limit) = limits.find(|(_, limit)| limit.route.matches(method, path))?;
        let fresh = Window::new(limit.calls, limit.length, now);
        let window = limit.windows.entry(major_parameter(path)).or_insert(fresh);
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
        set("x-ratelimit-bucket", format!("loopback-{index}"));
        set("x-ratelimit-limit", limit.calls.to_string());
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
        Some(Verdict { headers, wait })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        RateLimits::new(Duration::from_mins(10))
    }

    #[test]
    fn each_channel_has_a_window_of_its_own() {
        let (mut limits, now) = (limits(), Instant::now());
        limits.add("POST /channels/*/messages", 2, Duration::from_secs(1));
        let mut count = |channel: u64, at| {
            let path = format!("/channels/{channel}/messages");
            limits.count("POST", &path, at, 0).unwrap().wait
        };
        assert_eq!([count(1, now), count(1, now), count(2, now)], [None; 3]);
        let later = now + Duration::from_millis(400);
        assert_eq!(count(1, later), Some(Duration::from_millis(600)));
        assert_eq!(count(1, now + Duration::from_secs(1)), None);
        assert!(limits.count("GET", "/users/@me", now, 0).is_none());
    }

    #[test]
    fn headers_describe_the_bucket() {
        let (mut limits, now) = (limits(), Instant::now());
        limits.add("POST /channels/*/messages", 2, Duration::from_millis(1500));
        let verdict = limits.count("POST", "/channels/1/messages", now, 2000);
        let headers = verdict.unwrap().headers;
        let expected = [
            ("x-ratelimit-limit", "2"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "3.500"),
            ("x-ratelimit-reset-after", "1.500"),
        ];
        for (name, value) in expected {
            assert_eq!(headers[name], value, "{name}");
        }
    }

    #[test]
    fn a_channel_can_be_renamed_twice_in_a_window() {
        let (mut limits, now) = (limits(), Instant::now());
        let mut rename = |channel: u64, at| limits.count_rename(channel.into(), at);
        assert_eq!([rename(1, now), rename(1, now), rename(2, now)], [None; 3]);
        let later = now + Duration::from_mins(4);
        assert_eq!(rename(1, later), Some(Duration::from_mins(6)));
        assert_eq!(rename(1, now + Duration::from_mins(10)), None);
    }
}
