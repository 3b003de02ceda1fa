//! Rate limits that hold: each answer tells of its bucket, and a call too many is answered 429.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Route, Snowflake, fault::seconds, record::channel_in};

/// A limit that is in force: so many calls in each window, counted for each channel by itself.
#[derive(Debug)]
struct Limit {
    route: Route,
    calls: u32,
    window: Duration,
    /// How many calls each window still takes, and when it ends.
    windows: HashMap<Option<Snowflake>, (u32, Instant)>,
}

/// What a limit says of a call.
#[derive(Debug)]
pub(crate) struct Counted {
    /// What its answer tells of the bucket.
    pub(crate) headers: HeaderMap,
    /// How long the caller has to wait, if the call is one too many.
    pub(crate) refused: Option<Duration>,
}

/// All limits in force.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    limits: Vec<Limit>,
    /// How many calls were one too many.
    pub(crate) overruns: usize,
}

impl Limits {
    pub(crate) fn add(&mut self, route: &str, calls: u32, window: Duration) {
        self.limits.push(Limit {
            route: Route::new(route),
            calls,
            window,
            windows: HashMap::new(),
        });
    }

    /// Counts a call, if it is limited: by the limit that was added first.
    pub(crate) fn count(&mut self, method: &str, path: &str, now: Instant) -> Option<Counted> {
        let mut limits = self.limits.iter_mut().enumerate();
        let (index, limit) = limits.find(|(_, limit)| limit.route.matches(method, path))?;
        let fresh = (limit.calls, now + limit.window);
        let window = limit.windows.entry(channel_in(path)).or_insert(fresh);
        if now >= window.1 {
            *window = fresh;
        }
        let reset = window.1.saturating_duration_since(now);
        let refused = (window.0 == 0).then_some(reset);
        self.overruns += usize::from(refused.is_some());
        window.0 = window.0.saturating_sub(1);
        let mut headers = HeaderMap::new();
        let mut tell = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        tell("x-ratelimit-bucket", format!("loopback-{index}"));
        tell("x-ratelimit-limit", limit.calls.to_string());
        tell("x-ratelimit-remaining", window.0.to_string());
        tell(
            "x-ratelimit-reset-after",
            format!("{:.3}", reset.as_secs_f64()),
        );
        if let Some(wait) = refused {
            tell("x-ratelimit-scope", "user".to_owned());
            headers.insert(HeaderName::from_static("retry-after"), seconds(wait));
        }
        Some(Counted { headers, refused })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_its_calls_and_no_more_in_each_channel() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        limits.add("POST /channels/*/messages", 2, Duration::from_secs(1));
        let mut count = |channel: u64, at| {
            let path = format!("/channels/{channel}/messages");
            limits.count("POST", &path, at).unwrap().refused
        };
        assert_eq!([count(1, now), count(1, now), count(2, now)], [None; 3]);
        let later = now + Duration::from_millis(400);
        assert_eq!(count(1, later), Some(Duration::from_millis(600)));
        assert_eq!(count(1, now + Duration::from_secs(1)), None);
        assert!(limits.count("GET", "/users/@me", now).is_none());
    }
}
