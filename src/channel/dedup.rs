//! Once only: which messages and interactions have been dealt with.
//!
//! # The rule
//!
//! A message is passed on to its channel once in a bot's life. It is not passed on if, when the bot started,
//!
//! * its channel's record had it as dealt with ([`Record::has_claimed`]), or
//! * the ledger had a turn of it, even if no record was left that said so.
//!
//! The rule is the same for live messages, which a resumed connection may deliver again, for backfilled ones, which
//! overlap with live ones, and after a restart. What records come to claim while the bot runs does not count: events
//! may be delivered out of order, so a message that is older than the newest claimed one may still be new. A press of a
//! retry button passes its message on again, each press once: whether the message may run again is its channel's
//! decision.
//!
//! Pure.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Origin, QueueItem, Request, Source};
use crate::{
    registry::Record,
    snowflake::{ChannelId, MessageId},
};

/// How many ids of messages and interactions are remembered.
const REMEMBERED: usize = 10_000;

/// What has been dealt with.
#[derive(Debug)]
pub struct Dedup {
    /// The records as they were when the process started.
    before: HashMap<ChannelId, Record>,
    /// The messages whose turns the ledger had.
    booked: HashSet<MessageId>,
    ids: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Dedup {
    /// Only what the records and the ledger have has been dealt with.
    #[must_use]
    pub fn new(
        records: impl Iterator<Item = (ChannelId, Record)>,
        booked: HashSet<MessageId>,
    ) -> Self {
        Self {
            before: records.collect(),
            booked,
            ids: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes note of an item that is to be passed on; `false` if it must not be.
    pub fn admit(&mut self, item: &QueueItem) -> bool {
        // It is about more messages than the one that it names.
        if matches!(item.request, Request::Skipped(_)) {
            return true;
        }
        match (item.source, item.origin) {
            // The press itself was admitted when it came.
            (Source::Retry { .. }, _) => true,
            (_, Origin::Message(message)) => {
                !self.was_claimed(item.place.channel, message) && self.admit_id(message.0)
            }
            (_, Origin::Interaction(id)) => self.admit_id(id),
        }
    }

    /// Takes note of an interaction or a message by its id; `false` if it is known already.
    pub fn admit_id(&mut self, id: u64) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    fn was_claimed(&self, channel: ChannelId, message: MessageId) -> bool {
        let record = self.before.get(&channel);
        self.booked.contains(&message) || record.is_some_and(|record| record.has_claimed(message))
    }
}

#[cfg(test)]
mod tests;
