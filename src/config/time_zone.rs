//! The time zone in which days and months begin.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, FixedOffset, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TimeZone {
    Named(Tz),
    Offset(FixedOffset),
}

impl TimeZone {
    /// When the next day begins.
    pub fn next_day(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.date(now);
        self.start_of(today.succ_opt().unwrap_or(today))
    }

    /// When the day began.
    pub fn day(self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(self.date(now))
    }

    /// When the month began.
    pub fn month(self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(first_of_month(self.date(now)))
    }

    /// When the next month begins.
    pub fn next_month(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let first = first_of_month(self.date(now));
        let next = first.checked_add_months(Months::new(1));
        self.start_of(next.unwrap_or(first))
    }

    /// The day there.
    pub fn date(self, at: DateTime<Utc>) -> NaiveDate {
        match self {
            Self::Named(zone) => at.with_timezone(&zone).date_naive(),
            Self::Offset(offset) => at.with_timezone(&offset).date_naive(),
        }
    }

    fn start_of(self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        // Where clocks are put forward at midnight, the day begins later. Samoa once left out a whole one.
        let half_hours = (0..=48).map(|count| midnight + TimeDelta::minutes(30 * count));
        let mut existing = half_hours.filter_map(|local| match self {
            Self::Named(zone) => local
                .and_local_timezone(zone)
                .earliest()
                .map(|at| at.to_utc()),
            Self::Offset(offset) => local
                .and_local_timezone(offset)
                .earliest()
                .map(|at| at.to_utc()),
        });
        existing.next().unwrap_or_else(|| midnight.and_utc())
    }
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::Named(Tz::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.starts_with(['+', '-']) {
            let offset = name.parse().map(Self::Offset);
            return offset.map_err(|_| "an offset has hours and minutes".to_owned());
        }
        let zone = name.parse().map(Self::Named);
        zone.map_err(|_| "the IANA list has no time zone of this name".to_owned())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(zone) => write!(f, "{zone}"),
            Self::Offset(offset) => write!(f, "{offset}"),
        }
    }
}

impl TryFrom<String> for TimeZone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.to_string()
    }
}

#[cfg(test)]
mod tests;
