//! What time it is at Discord. Pure.
//!
//! Ids of messages hold Discord's time. This machine's clock may be wrong, and may jump: what is held against ids is
//! therefore the `Date` of Discord's own answers (RFC 9110, section 6.6.1).

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};

/// The last time that was told, and when.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<(DateTime<Utc>, Instant)>);

impl Clock {
    /// An answer has come.
    pub(super) fn learn(&mut self, headers: &HeaderMap, now: Instant) {
        let told = headers.get(DATE).and_then(|date| date.to_str().ok());
        let told = told.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let Some(told) = told {
            self.0 = Some((told.to_utc(), now));
        }
    }

    /// Discord's time, to the second; `own` is this machine's, for as long as no other is known. It falls behind
    /// while the machine sleeps, until the next answer.
    pub(super) fn time(&self, now: Instant, own: DateTime<Utc>) -> DateTime<Utc> {
        let Some((told, at)) = self.0 else {
            return own;
        };
        let since = TimeDelta::from_std(now.saturating_duration_since(at));
        since
            .ok()
            .and_then(|since| told.checked_add_signed(since))
            .unwrap_or(told)
    }
}

#[cfg(test)]
mod tests;
