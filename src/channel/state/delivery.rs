//! Which posts are on their way, and what is settled when they stand in the channel.
//!
//! A turn is open on record until the chat service has taken all that was said about it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    chat::{PostFailure, PostKey},
    snowflake::MessageId,
};

/// What a post is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It answers a message, or tells something about its turn.
    Turn(MessageId),
    /// It tells that a message's turn was cut off.
    CutOffNotice(MessageId),
    /// It tells of so many background tasks that were lost, the oldest ones on record.
    TasksLost(usize),
    /// Nothing on record depends on it.
    Other,
}

/// What is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// All that was said about a message's turn is delivered.
    Turn(MessageId),
    /// The channel knows that a message's turn was cut off.
    CutOffNotice(MessageId),
    /// The channel knows of so many background tasks that were lost.
    TasksLost(usize),
}

/// Posts on their way.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    pending: BTreeMap<PostKey, Purpose>,
    /// Messages about whose turns nothing more will be said.
    finished: BTreeSet<MessageId>,
    /// Messages about whose turns something was not delivered because the bot shuts down: they stay open on record.
    held_back: BTreeSet<MessageId>,
    /// The messages of the bot's that answer a message, for the ledger.
    replies: BTreeMap<MessageId, Vec<MessageId>>,
}

impl Deliveries {
    /// Whether anything is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// A post is on its way.
    pub(super) fn sent(&mut self, key: PostKey, purpose: Purpose) {
        self.pending.insert(key, purpose);
    }

    /// Nothing more will be said about a message's turn. Gives what is settled by that.
    pub(super) fn finish(&mut self, message: MessageId) -> Option<Settled> {
        self.finished.insert(message);
        self.settle_turn(message)
    }

    /// A post stands in the channel, or never will. Gives what is settled by that.
    pub(super) fn delivered(
        &mut self,
        key: &PostKey,
        messages: &[MessageId],
        failure: Option<PostFailure>,
    ) -> Option<Settled> {
        let purpose = self.pending.remove(key)?;
        let is_held_back = failure == Some(PostFailure::ShuttingDown);
        match purpose {
            Purpose::Turn(message) => {
                self.replies.entry(message).or_default().extend(messages);
                if is_held_back {
                    self.held_back.insert(message);
                }
                self.settle_turn(message)
            }
            // What it was about stays on record: the next start tells it.
            _ if is_held_back => None,
            Purpose::CutOffNotice(message) => Some(Settled::CutOffNotice(message)),
            Purpose::TasksLost(count) => Some(Settled::TasksLost(count)),
            Purpose::Other => None,
        }
    }

    /// Takes the bot's messages that answer a message.
    pub(super) fn take_replies(&mut self, message: MessageId) -> Vec<MessageId> {
        self.replies.remove(&message).unwrap_or_default()
    }

    fn settle_turn(&mut self, message: MessageId) -> Option<Settled> {
        let is_pending = self
            .pending
            .values()
            .any(|purpose| *purpose == Purpose::Turn(message));
        if is_pending || !self.finished.contains(&message) || self.held_back.contains(&message) {
            return None;
        }
        self.finished.remove(&message);
        Some(Settled::Turn(message))
    }
}

#[cfg(test)]
mod tests;
