//! When the bot may start a new gateway session.
//!
//! An IDENTIFY starts a session. Discord allows 1,000 in 24 hours; at more it ends all sessions and resets the bot's
//! token (Discord developer docs, "Session Start Limit"). Discord counts them itself and reports the count together
//! with the gateway's address. That count holds for every process with the token, so nothing is kept on disk.

use std::time::Duration;

use serde::Deserialize;

const DAY: Duration = Duration::from_hours(24);

/// `session_start_limit` of `GET /gateway/bot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct SessionStartLimit {
    /// How many sessions may be started in 24 hours.
    pub total: u64,
    /// How many of them are left.
    pub remaining: u64,
    /// Milliseconds until all of them are available again.
    pub reset_after: u64,
}

/// When the next session may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStart {
    /// After this pause, often none.
    After(Duration),
    /// Not before the limit is reset. Ask Discord again then.
    AtReset(Duration),
}

impl SessionStartLimit {
    /// The first fifth of all starts is free. The second fifth is spread evenly over the time to the reset, so that a
    /// bot that restarts in a loop still connects every few minutes. The rest is a reserve that is never used: even
    /// where two resets fall into the same 24 hours, the bot starts fewer sessions than Discord allows.
    #[must_use]
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next_start(remaining: u64, reset_after: Duration) -> NextStart {
        let limit = SessionStartLimit {
            total: 1_000,
            remaining,
            reset_after: u64::try_from(reset_after.as_millis()).unwrap(),
        };
        limit.next_start()
    }

    #[test]
    fn starts_are_free_then_spread_then_refused() {
        let after = |seconds| NextStart::After(Duration::from_secs(seconds));
        for remaining in [1_000, 801] {
            assert_eq!(next_start(remaining, DAY), after(0));
        }
        assert_eq!(next_start(800, DAY), after(432));
        assert_eq!(next_start(700, DAY / 2), after(432));
        assert_eq!(next_start(601, Duration::from_secs(432)), after(432));
        for remaining in [600, 1, 0] {
            assert_eq!(next_start(remaining, DAY), NextStart::AtReset(DAY));
        }
    }

    #[test]
    fn implausible_answers_neither_spin_nor_block_forever() {
        let soon = NextStart::AtReset(Duration::from_secs(1));
        assert_eq!(next_start(0, Duration::ZERO), soon);
        assert_eq!(next_start(0, DAY * 1_000), NextStart::AtReset(DAY));
        let none = SessionStartLimit {
            total: 0,
            remaining: 0,
            reset_after: 0,
        };
        assert_eq!(none.next_start(), soon);
    }

    proptest! {
        #[test]
        fn the_reserve_is_never_used(total: u64, remaining: u64, reset_after: u64) {
            let limit = SessionStartLimit { total, remaining, reset_after };
            let may_start = matches!(limit.next_start(), NextStart::After(_));
            prop_assert!(!may_start || u128::from(remaining) * 5 > u128::from(total) * 3);
        }
    }
}
