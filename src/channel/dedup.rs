//! Decides which messages and interactions are new.
//!
//! Each message reaches its channel once. It does not count as new if it was delivered before, or if at the bot's start
//!
//! * the channel's record had claimed it ([`Record::has_claimed`]), or
//! * the ledger had its turn, in case the record was lost.
//!
//! This covers resumed connections, which repeat live messages, and backfills, which overlap with them. Claims made
//! since the start do not count, because Discord may deliver messages out of order: one that is older than the newest
//! claim may still be new. A pressed retry button passes its message on again; the channel decides whether it may run.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Origin, QueueItem, Request, Source};
use crate::{
    registry::{Record, dedup::Claims},
    snowflake::{ChannelId, MessageId},
};

/// How many delivered ids are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Debug)]
pub(super) struct Dedup {
    /// What the records said at the start.
    before: HashMap<ChannelId, Claims>,
    /// The messages whose turns the ledger had at the start.
    booked: HashSet<MessageId>,
    ids: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Dedup {
    pub(super) fn new(
        records: impl Iterator<Item = (ChannelId, Record)>,
        booked: HashSet<MessageId>,
    ) -> Self {
        Self {
            before: records
                .map(|(channel, record)| (channel, record.claims()))
                .collect(),
            booked,
            ids: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Remembers the item; `false` if it is not new.
    pub(super) fn admit(&mut self, item: &QueueItem) -> bool {
        // It stands for more messages than the one it names, which may be known.
        if matches!(item.request, Request::Skipped(_)) {
            return true;
        }
        match (item.source, item.origin) {
            // The press was admitted when it arrived.
            (Source::Retry { .. }, _) => true,
            (_, Origin::Message(message)) => {
                // It may have got a thread of its own, whose id is the message's.
                let own_thread = ChannelId(message.0);
                !self.was_claimed(item.place.channel, message)
                    && !self.has_run(own_thread, message)
                    && self.admit_id(message.0)
            }
            (_, Origin::Interaction(id)) => self.admit_id(id),
        }
    }

    /// The same for a message that an edit addressed to the bot. A record claims older messages with newer ones, so it
    /// counts only if it names the message. A command may have been carried out without a trace.
    pub(super) fn admit_edited(&mut self, item: &QueueItem) -> bool {
        let Origin::Message(message) = item.origin else {
            return false;
        };
        let was_claimed = if matches!(item.request, Request::Prompt { .. }) {
            self.has_run(item.place.channel, message)
        } else {
            self.was_claimed(item.place.channel, message)
        };
        !was_claimed && self.admit_id(message.0)
    }

    /// Whether a message had begun to run in this thread before the start.
    pub(super) fn has_run(&self, thread: ChannelId, message: MessageId) -> bool {
        let claims = self.before.get(&thread);
        claims.is_some_and(|claims| claims.names(message)) || self.booked.contains(&message)
    }

    /// Remembers the id of a message or an interaction; `false` if it is not new.
    pub(super) fn admit_id(&mut self, id: u64) -> bool {
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

    /// Whether the message was admitted since the start, or its turn is in the ledger.
    pub(super) fn knows(&self, message: MessageId) -> bool {
        self.ids.contains(&message.0) || self.booked.contains(&message)
    }

    fn was_claimed(&self, channel: ChannelId, message: MessageId) -> bool {
        let claims = self.before.get(&channel);
        self.booked.contains(&message) || claims.is_some_and(|claims| claims.has_claimed(message))
    }
}

#[cfg(test)]
mod tests;
