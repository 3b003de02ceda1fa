//! The only place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;
use chrono::{DateTime, SecondsFormat};

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in Discord's format: `2026-11-02T10:00:00.123000+00:00`.
pub(crate) fn iso8601(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// The value of `Date` for a clock that is so many seconds ahead (RFC 9110, section 5.6.7).
pub(crate) fn http_date(seconds_ahead: i64) -> Option<HeaderValue> {
    let now = i64::try_from(unix_ms() / 1000).ok()?;
    let time = DateTime::from_timestamp(now + seconds_ahead, 0)?;
    let text = time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests;
