//! The time zone in which days and months begin.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, FixedOffset, Months, NaiveDate, NaiveTime, Utc};
use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

/// A zone of the IANA list, or an offset from UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone {
    name: String,
    zone: jiff::tz::TimeZone,
}

impl TimeZone {
    /// When the next day begins.
    pub fn next_day(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.date(now);
        self.start_of(today.succ_opt().unwrap_or(today))
    }

    /// When the day began.
    pub fn day(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(self.date(now))
    }

    /// When the month began.
    pub fn month(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(first_of_month(self.date(now)))
    }

    /// When the next month begins.
    pub fn next_month(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let first = first_of_month(self.date(now));
        let next = first.checked_add_months(Months::new(1));
        self.start_of(next.unwrap_or(first))
    }

    /// The day there.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        let there = Timestamp::from_second(at.timestamp())
            .ok()
            .map(|at| self.zone.to_datetime(at).date())
            .and_then(|date| {
                let (month, day) = (date.month().try_into().ok()?, date.day().try_into().ok()?);
                NaiveDate::from_ymd_opt(date.year().into(), month, day)
            });
        there.unwrap_or_else(|| at.date_naive())
    }

    /// Later than midnight where clocks are put forward then. Samoa once left out a whole day.
    fn start_of(&self, date: NaiveDate) -> DateTime<Utc> {
        let there = || {
            let (month, day) = (date.month().try_into().ok()?, date.day().try_into().ok()?);
            let date = Date::new(date.year().try_into().ok()?, month, day).ok()?;
            let start = self.zone.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            DateTime::from_timestamp(start.as_second(), 0)
        };
        there().unwrap_or_else(|| date.and_time(NaiveTime::MIN).and_utc())
    }
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

impl Default for TimeZone {
    fn default() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: jiff::tz::TimeZone::UTC,
        }
    }
}

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.starts_with(['+', '-']) {
            let offset: Option<FixedOffset> = name.parse().ok();
            let offset = offset.and_then(|offset| {
                Some(Self {
                    name: offset.to_string(),
                    zone: Offset::from_seconds(offset.local_minus_utc())
                        .ok()?
                        .to_time_zone(),
                })
            });
            return offset.ok_or_else(|| "an offset has hours and minutes".to_owned());
        }
        // Small containers have no list of their own.
        let zone = TimeZoneDatabase::bundled().get(name);
        let zone = zone.map_err(|_| "the IANA list has no time zone of this name".to_owned())?;
        Ok(Self {
            name: zone.iana_name().unwrap_or(name).to_owned(),
            zone,
        })
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
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
