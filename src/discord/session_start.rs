//! When the bot may start a new gateway session.
//!
//! An IDENTIFY starts a session. Discord allows 1,000 in 24 hours; after more it ends all sessions and resets the bot's
//! token (Discord developer docs, "Session Start Limit"). Discord reports its count with the gateway's address. The count
//! covers every process with the token, so nothing is kept on disk.

use std::time::Duration;

use serde::Deserialize;

const DAY: Duration = Duration::from_hours(24);

/// How far apart shards of a bucket start. Discord takes an IDENTIFY of each in 5 s; it is sent some time after the
/// connection is opened.
pub const START_INTERVAL: Duration = Duration::from_millis(5_500);

/// `session_start_limit` of `GET /gateway/bot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct SessionStartLimit {
    /// How many sessions may be started in 24 hours.
    pub total: u64,
    /// How many of them are left.
    pub remaining: u64,
    /// Milliseconds until all of them are available again.
    pub reset_after: u64,
    /// How many shards may start a session at the same time.
    #[serde(default)]
    pub max_concurrency: u32,
}

/// When the next session may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStart {
    /// After this pause, which is often zero.
    After(Duration),
    /// Not before the limit is reset after this pause. Ask Discord again then.
    AtReset(Duration),
}

impl SessionStartLimit {
    /// Which shards wait for each other: those with the same number start [`START_INTERVAL`] apart.
    pub fn bucket(self, shard: u32) -> u32 {
        shard % self.max_concurrency.max(1)
    }

    /// The first fifth of all starts is free. The second fifth is spread evenly over the time to the reset, so that a
    /// bot that restarts in a loop still connects every few minutes. The rest is a reserve that is never used: even if
    /// two resets fall into the same 24 hours, the bot starts fewer sessions than Discord allows.
    pub fn next_start(self) -> NextStart {
        let fifth = self.total / 5;
        let reserve = self.total - 2 * fifth;
        let reset = Duration::from_millis(self.reset_after).min(DAY);
        match self.remaining.saturating_sub(reserve) {
            0 => NextStart::AtReset(reset.max(Duration::from_secs(1))),
            left if left > fifth => NextStart::After(Duration::ZERO),
            left => NextStart::After(reset / u32::try_from(left).unwrap_or(u32::MAX)),
        }
    }
}

#[cfg(test)]
mod tests;
