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
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_last_time_told_goes_on_whatever_the_own_clock_shows() {
        let (begin, own) = (Instant::now(), DateTime::UNIX_EPOCH);
        let mut clock = Clock::default();
        assert_eq!(clock.time(begin, own), own);
        let mut learn = |date: &str, after: u64| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, date.parse().unwrap());
            clock.learn(&headers, begin + Duration::from_secs(after));
            clock
                .time(begin + Duration::from_secs(100), own)
                .to_rfc3339()
        };
        assert_eq!(
            learn("Sat, 21 Nov 2026 16:00:00 GMT", 10),
            "2026-11-21T16:01:30+00:00"
        );
        assert_eq!(learn("nonsense", 20), "2026-11-21T16:01:30+00:00");
        assert_eq!(
            learn("Sat, 21 Nov 2026 15:00:00 GMT", 90),
            "2026-11-21T15:00:10+00:00"
        );
        // Told later than it is asked.
        assert_eq!(
            learn("Sat, 21 Nov 2026 15:00:00 GMT", 200),
            "2026-11-21T15:00:00+00:00"
        );
    }
}
