//! Tracks which posts are pending and what is settled once they are delivered.
//!
//! A turn stays open in the record until Discord has accepted everything posted about it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    chat::{PostFailure, PostKey},
    snowflake::MessageId,
};

/// What depends on a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The message's turn.
    Turn(MessageId),
    /// The same, and Claude's words are in it.
    Answer(MessageId),
    /// The notice that the message's turn was cut off.
    CutOffNotice(MessageId),
    /// The notice that so many background tasks were lost, the oldest in the record.
    TasksLost(usize),
    Other,
}

/// How many posts may be pending before no more turns begin.
const MOST_PENDING: usize = 30;

#[derive(Debug, Default)]
pub(super) struct Deliveries {
    pending: BTreeMap<PostKey, Purpose>,
    /// Messages whose turns get no more posts.
    finished: BTreeSet<MessageId>,
    /// Messages that stay open in the record because a shutdown kept a post from being delivered.
    held_back: BTreeSet<MessageId>,
    /// Per message whose turn is open: the bot's messages that answer it.
    replies: BTreeMap<MessageId, Vec<MessageId>>,
    /// Those of them without words of Claude's.
    notices: BTreeMap<MessageId, Vec<MessageId>>,
    /// Per message whose turn is open: the messages that are answered with it.
    together: BTreeMap<MessageId, Vec<MessageId>>,
    /// Per message whose turn is open and booked: the turn's id.
    booked: BTreeMap<MessageId, String>,
    /// How many messages were refused, untold, because too many posts were pending.
    pub(super) refused: usize,
}

impl Deliveries {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether so many posts are pending that more have to wait.
    pub(super) fn are_many(&self) -> bool {
        self.pending.len() >= MOST_PENDING
    }

    pub(super) fn is_pending(&self, key: &PostKey) -> bool {
        self.pending.contains_key(key)
    }

    pub(super) fn sent(&mut self, key: PostKey, purpose: Purpose) {
        self.pending.insert(key, purpose);
    }

    /// The message's turn gets no more posts. Returns what that settles.
    pub(super) fn finish(&mut self, message: MessageId) -> Option<Purpose> {
        self.finished.insert(message);
        self.settle_turn(message)
    }

    /// A post was delivered or, with a failure, never will be. Returns what that settles.
    pub(super) fn delivered(
        &mut self,
        key: &PostKey,
        messages: &[MessageId],
        failure: Option<PostFailure>,
    ) -> Option<Purpose> {
        let purpose = self.pending.remove(key)?;
        let is_held_back = failure == Some(PostFailure::ShuttingDown);
        if let Purpose::Turn(message) | Purpose::Answer(message) | Purpose::CutOffNotice(message) =
            purpose
        {
            self.replies.entry(message).or_default().extend(messages);
            if purpose != Purpose::Answer(message) {
                self.notices.entry(message).or_default().extend(messages);
            }
        }
        match purpose {
            Purpose::Turn(message) | Purpose::Answer(message) => {
                if is_held_back {
                    self.held_back.insert(message);
                }
                self.settle_turn(message)
            }
            // The next start posts it again from the record.
            _ => Some(purpose).filter(|_| !is_held_back),
        }
    }

    /// Nothing depends on the post any more.
    pub(super) fn withdrawn(&mut self, key: &PostKey) {
        self.pending.remove(key);
    }

    /// The message's turn is in the ledger.
    pub(super) fn booked(&mut self, message: MessageId, turn: String) {
        self.booked.insert(message, turn);
    }

    /// The answer to the message is also that of others.
    pub(super) fn together(&mut self, message: MessageId, others: Vec<MessageId>) {
        self.together.insert(message, others);
    }

    /// Takes the messages that are answered with this one.
    pub(super) fn take_together(&mut self, message: MessageId) -> Vec<MessageId> {
        let others = self.together.remove(&message).unwrap_or_default();
        for other in &others {
            self.replies.remove(other);
            self.notices.remove(other);
        }
        others
    }

    /// Takes the id of the message's turn and the messages that answer it, if it is booked, has any and expects no more.
    pub(super) fn take_replies(&mut self, message: MessageId) -> Option<(String, Vec<MessageId>)> {
        if self.awaits_notice(message) {
            return None;
        }
        let turn = self.booked.remove(&message);
        let replies = self.replies.remove(&message);
        turn.zip(replies.filter(|ids| !ids.is_empty()))
    }

    /// Takes those of the message's replies that are no words of Claude's, unless more replies are expected.
    pub(super) fn take_notices(&mut self, message: MessageId) -> Vec<MessageId> {
        if self.awaits_notice(message) {
            return Vec::new();
        }
        self.notices.remove(&message).unwrap_or_default()
    }

    fn awaits_notice(&self, message: MessageId) -> bool {
        let notice = Purpose::CutOffNotice(message);
        self.pending.values().any(|purpose| *purpose == notice)
    }

    fn settle_turn(&mut self, message: MessageId) -> Option<Purpose> {
        let turn = Purpose::Turn(message);
        let of_turn = [turn, Purpose::Answer(message)];
        let is_pending = self.pending.values().any(|it| of_turn.contains(it));
        let is_settled =
            !is_pending && !self.held_back.contains(&message) && self.finished.remove(&message);
        is_settled.then_some(turn)
    }
}

#[cfg(test)]
mod tests;
