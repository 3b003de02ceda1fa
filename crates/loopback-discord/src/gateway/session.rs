//! One session: its sequence numbers and the events that RESUME replays.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Intents, Shard};

/// How many events a disconnected session can miss and still be resumed.
const REPLAY_LIMIT: usize = 10_000;

/// A session, which starts with IDENTIFY.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) intents: Intents,
    pub(super) shard: Shard,
    /// The connection it is on, unless it is disconnected.
    pub(super) connection: Option<u64>,
    /// The last sequence number used.
    seq: u64,
    /// The latest events with their numbers.
    sent: VecDeque<(u64, String)>,
}

impl Session {
    pub(super) fn new(id: String, intents: Intents, shard: Shard, connection: u64) -> Self {
        Self {
            id,
            intents,
            shard,
            connection: Some(connection),
            seq: 0,
            sent: VecDeque::new(),
        }
    }

    /// Numbers an event, keeps it for RESUME, and returns its frame.
    pub(super) fn number(&mut self, name: &str, data: &Value) -> String {
        self.seq += 1;
        let frame = json!({ "t": name, "s": self.seq, "op": 0, "d": data }).to_string();
        self.sent.push_back((self.seq, frame.clone()));
        if self.sent.len() > REPLAY_LIMIT {
            self.sent.pop_front();
        }
        frame
    }

    /// The frames after `seq`; `None` if some are no longer known, or `seq` has not been used yet.
    pub(super) fn after(&self, seq: u64) -> Option<Vec<String>> {
        let forgotten = self.sent.front().map_or(self.seq, |(first, _)| first - 1);
        if seq < forgotten || seq > self.seq {
            return None;
        }
        let missed = self.sent.iter().filter(|(number, _)| *number > seq);
        Some(missed.map(|(_, frame)| frame.clone()).collect())
    }
}

#[cfg(test)]
mod tests;
