//! How often Discord may be greeted.
//!
//! An IDENTIFY begins a new session. Discord takes 1,000 a day; more, and it ends all sessions and resets the bot's
//! token (Discord developer docs, "Session start limit"). So each one is paid for before it is sent: the bot may send
//! 50 at once and one more each 100 s, which is 914 in any 24 hours at most. What is spent is kept in a file, so that
//! a service manager that starts the bot again and again cannot outrun it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::files;

/// The file's name, in the folder of the sessions.
const FILE: &str = "identify.json";

/// What one IDENTIFY costs.
const PRICE: TimeDelta = TimeDelta::seconds(100);

/// The most that may be owed: 50 of them.
const CREDIT: TimeDelta = TimeDelta::seconds(5_000);

/// What has been spent, as time: each IDENTIFY adds its price to the moment at which nothing is owed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    settled_at: DateTime<Utc>,
}

impl Account {
    /// One of which nothing was spent.
    #[must_use]
    pub fn full(now: DateTime<Utc>) -> Self {
        Self { settled_at: now }
    }

    /// Pays for one IDENTIFY.
    ///
    /// # Errors
    ///
    /// How long to wait before it can be paid.
    pub fn pay(&mut self, now: DateTime<Utc>) -> Result<(), Duration> {
        // Nobody owes more than the credit: the clock was set back.
        let owed = (self.settled_at - now).clamp(TimeDelta::zero(), CREDIT);
        self.settled_at = now + owed;
        let over = owed + PRICE - CREDIT;
        match over.to_std() {
            Ok(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.settled_at += PRICE;
                Ok(())
            }
        }
    }

    /// Gives back what was paid for an IDENTIFY that was not sent.
    fn refund(&mut self) {
        self.settled_at -= PRICE;
    }

    /// One that can pay once: what it has spent is not known.
    fn nearly_empty(now: DateTime<Utc>) -> Self {
        Self {
            settled_at: now + CREDIT - PRICE,
        }
    }
}

/// The account and its file.
#[derive(Debug)]
pub(super) struct Identifies {
    path: PathBuf,
    account: Account,
}

impl Identifies {
    /// Reads what earlier runs have spent. `now` is Discord's time, by which it counts, here and below.
    pub(super) fn open(sessions: &Path, now: DateTime<Utc>) -> Self {
        let path = sessions.join(FILE);
        files::sweep(&path);
        let account = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "unreadable; the bot connects slowly for a while");
                Account::nearly_empty(now)
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Account::full(now)
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "not read; the bot connects slowly for a while");
                Account::nearly_empty(now)
            }
        };
        Self { path, account }
    }

    /// Pays for one IDENTIFY, on disk when this returns, or says how long to wait before it can be paid.
    pub(super) fn pay(&mut self, now: DateTime<Utc>) -> Result<(), Duration> {
        let before = self.account;
        self.account.pay(now)?;
        if let Err(error) = self.save() {
            // Nobody would know of it after a restart: then each waits for as long as it costs.
            let path = self.path.display();
            tracing::error!(%path, %error, "not written; the bot cannot connect before it is");
            self.account = before;
            return Err(PRICE.to_std().unwrap_or_default());
        }
        Ok(())
    }

    /// Gives back what was paid: no IDENTIFY was sent.
    pub(super) fn refund(&mut self) {
        self.account.refund();
        if let Err(error) = self.save() {
            // The bot is the poorer by one.
            tracing::debug!(%error, "a refund was not written");
        }
    }

    fn save(&self) -> std::io::Result<()> {
        files::replace(&self.path, &serde_json::to_vec(&self.account)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begin() -> DateTime<Utc> {
        DateTime::from_timestamp(1_792_000_000, 0).unwrap()
    }

    /// The most that any 24 hours hold of these moments.
    fn in_a_day(sent: &[DateTime<Utc>]) -> usize {
        let mut first = 0;
        let mut most = 0;
        for (last, at) in sent.iter().enumerate() {
            while *at - sent[first] >= TimeDelta::days(1) {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        most
    }

    #[test]
    fn fifty_go_at_once_and_then_one_each_hundred_seconds() {
        let mut account = Account::full(begin());
        for _ in 0..50 {
            assert_eq!(account.pay(begin()), Ok(()));
        }
        let wait = account.pay(begin()).unwrap_err();
        assert_eq!(wait, Duration::from_secs(100));
        assert_eq!(account.pay(begin() + wait), Ok(()));
        assert!(account.pay(begin() + wait).is_err());
    }

    #[test]
    fn three_days_of_nothing_but_reconnects_hold_fewer_than_a_thousand_a_day() {
        let mut account = Account::full(begin());
        let mut now = begin();
        let mut sent = Vec::new();
        while now < begin() + TimeDelta::days(3) {
            match account.pay(now) {
                Ok(()) => sent.push(now),
                // It asks again at once, and each second.
                Err(_) => now += TimeDelta::seconds(1),
            }
        }
        assert_eq!((in_a_day(&sent), sent.len()), (913, 2641));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let mut account = Account {
            settled_at: begin() + TimeDelta::days(365),
        };
        let wait = account.pay(begin()).unwrap_err();
        assert_eq!(wait, Duration::from_secs(100));
        assert_eq!(account.pay(begin() + wait), Ok(()));
    }

    #[test]
    fn what_is_spent_outlives_the_process_and_what_is_unreadable_is_not_taken_for_nothing() {
        let (folder, now) = (tempfile::tempdir().unwrap(), begin());
        for _ in 0..50 {
            assert_eq!(Identifies::open(folder.path(), now).pay(now), Ok(()));
        }
        let mut identifies = Identifies::open(folder.path(), now);
        assert!(identifies.pay(now).is_err());
        identifies.refund();
        let mut identifies = Identifies::open(folder.path(), now);
        assert_eq!(identifies.pay(now), Ok(()));
        files::replace(&folder.path().join(FILE), b"{}").unwrap();
        let mut identifies = Identifies::open(folder.path(), now);
        assert_eq!(identifies.pay(now), Ok(()));
        assert!(identifies.pay(now).is_err());
    }

    #[test]
    fn what_cannot_be_written_is_not_sent() {
        let (folder, now) = (tempfile::tempdir().unwrap(), begin());
        let mut identifies = Identifies::open(&folder.path().join("gone"), now);
        assert_eq!(identifies.pay(now), Err(Duration::from_secs(100)));
    }

    proptest! {
        #[test]
        fn no_course_of_events_holds_a_thousand_in_a_day(
            pauses in prop::collection::vec(prop_oneof![0i64..2_000, 0i64..200_000], 1..500),
        ) {
            let mut account = Account::full(begin());
            let mut now = begin();
            let mut sent = Vec::new();
            for pause in pauses {
                now += TimeDelta::milliseconds(pause);
                if account.pay(now).is_ok() {
                    sent.push(now);
                }
            }
            prop_assert!(in_a_day(&sent) < 1_000);
        }
    }
}
