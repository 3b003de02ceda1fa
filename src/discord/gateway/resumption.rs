//! Decides how long to wait before a lost session is resumed, and when it is given up. Pure: the time is passed in.
//!
//! twilight limits how long it connects, and waits between attempts that fail. It does not limit how long it waits for
//! HELLO, for RESUMED or for the answer to its own close, and it does not wait if a connection is lost at once.

use std::time::{Duration, Instant};

use twilight_gateway::ShardState;

use crate::backoff::Backoff;

/// How long Discord may be silent before the session is active.
const SILENCE: Duration = Duration::from_secs(30);

/// How long Discord may be out of reach before the session is given up.
const OUTAGE: Duration = Duration::from_mins(2);

/// A session that was active for this long, or delivered so many messages, was not lost at once.
const STEADY: Duration = Duration::from_secs(3);
const USEFUL: u32 = 100;

/// Opcodes (Discord developer docs, "Gateway opcodes").
const RECONNECT: u64 = 7;
const INVALID_SESSION: u64 = 9;
const HELLO: u64 = 10;

/// What came from Discord since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    Nothing,
    /// A message with this opcode, if it can be read.
    Message(Option<u64>),
    Close,
    Failure,
}

#[derive(Debug)]
pub(super) struct Resumption {
    /// When the session became active; `None` once it is lost.
    active_since: Option<Instant>,
    /// How many messages have come since.
    delivered: u32,
    last_active: Instant,
    /// The last sign of life, or when none was due.
    heard: Instant,
    /// Whether the next HELLO belongs to a loss that is counted.
    awaits_hello: bool,
    /// Whether the next close answers twilight's own.
    awaits_close: bool,
    /// How many connections in a row were lost at once.
    losses: u32,
}

impl Resumption {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            active_since: None,
            delivered: 0,
            last_active: now,
            heard: now,
            awaits_hello: false,
            awaits_close: false,
            losses: 0,
        }
    }

    /// Nothing could have come until now.
    pub(super) fn waited(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Takes what came and the state after it. Returns how long to wait before going on.
    pub(super) fn observe(
        &mut self,
        received: Received,
        state: ShardState,
        now: Instant,
    ) -> Duration {
        if state == ShardState::Active {
            self.active_since.get_or_insert(now);
            self.last_active = now;
            if matches!(received, Received::Message(_)) {
                self.delivered = self.delivered.saturating_add(1);
            }
        }
        if received != Received::Nothing || state == ShardState::Active || is_retrying(state) {
            self.heard = now;
        }
        let is_lost = match received {
            // twilight replaces a connection that ends without a close unseen, so that only the next HELLO shows it.
            Received::Message(Some(HELLO)) => {
                self.awaits_close = false;
                !std::mem::take(&mut self.awaits_hello)
            }
            Received::Message(Some(RECONNECT | INVALID_SESSION)) => {
                self.awaits_close = true;
                self.awaits_hello = true;
                true
            }
            Received::Close => {
                self.awaits_hello = true;
                !std::mem::take(&mut self.awaits_close)
            }
            _ => false,
        };
        if !is_lost {
            return Duration::ZERO;
        }
        let since = self.active_since.take();
        let active = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let is_useful = std::mem::take(&mut self.delivered) >= USEFUL;
        self.losses = if active < STEADY && !is_useful {
            self.losses.saturating_add(1)
        } else {
            0
        };
        Backoff::RECONNECT.delay(self.losses)
    }

    /// Why the session is given up, if it is.
    pub(super) fn failure(&self, state: ShardState, now: Instant) -> Option<&'static str> {
        let is_late = |since, limit| now.saturating_duration_since(since) >= limit;
        match state {
            ShardState::Active => None,
            state if is_retrying(state) => {
                is_late(self.last_active, OUTAGE).then_some("Discord is out of reach")
            }
            _ => is_late(self.heard, SILENCE).then_some("no session in time"),
        }
    }
}

/// Whether twilight waits for its next attempt to connect, or makes it.
fn is_retrying(state: ShardState) -> bool {
    matches!(
        state,
        ShardState::Disconnected {
            reconnect_attempts: 1..
        }
    )
}

#[cfg(test)]
mod tests;
