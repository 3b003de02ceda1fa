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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settled {
    /// All that was said about a message's turn is delivered.
    Turn {
        message: MessageId,
        /// The turn's id and the messages of its answer, if it is booked and has any.
        replies: Option<(String, Vec<MessageId>)>,
    },
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
    /// Per message whose turn is open: the bot's messages that answer it.
    replies: BTreeMap<MessageId, Vec<MessageId>>,
    /// The turns of messages that are booked, by their id in the ledger.
    booked: BTreeMap<MessageId, String>,
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

    /// A message's turn is in the ledger.
    pub(super) fn booked(&mut self, message: MessageId, turn: String) {
        self.booked.insert(message, turn);
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
        let replies = self.replies.remove(&message).filter(|ids| !ids.is_empty());
        let replies = self.booked.remove(&message).zip(replies);
        Some(Settled::Turn { message, replies })
    }
}

#[cfg(test)]
mod tests;
