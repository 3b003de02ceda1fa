//! Discord's time. Pure.
//!
//! Ids of messages hold Discord's time. This machine's clock may be wrong and may jump, so ids are compared with the
//! `Date` header of Discord's answers (RFC 9110, section 6.6.1).

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};

/// The last `Date`, and when it came.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<(DateTime<Utc>, Instant)>);

impl Clock {
    pub(super) fn learn(&mut self, headers: &HeaderMap, now: Instant) {
        let told = headers.get(DATE).and_then(|date| date.to_str().ok());
        let told = told.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let Some(told) = told {
            self.0 = Some((told.to_utc(), now));
        }
    }

    /// Discord's time, to the second, or `own`, this machine's, before the first answer. It falls behind while the
    /// machine sleeps, until the next answer.
    pub(super) fn time(&self, now: Instant, own: DateTime<Utc>) -> DateTime<Utc> {
        let Some((told, at)) = self.0 else {
            return own;
        };
        let since = TimeDelta::from_std(now.saturating_duration_since(at));
        let time = since.ok().and_then(|since| told.checked_add_signed(since));
        time.unwrap_or(told)
    }
}

#[cfg(test)]
mod tests;
