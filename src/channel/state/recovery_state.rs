//! What a channel has to make up for after a restart or a failure.

use std::{collections::HashMap, time::Instant};

use super::Press;
use crate::{
    channel::{Origin, QueueItem},
    chat::OpId,
    registry::{Record, state::Branch},
    snowflake::{MessageId, UserId},
};

/// Why a message runs in a new session that leaves out the end of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForkReason {
    /// The end is damaged.
    Repair,
    /// The message was edited.
    Rewind,
}

/// A thread that is being created.
#[derive(Debug)]
pub(super) struct NewThread {
    pub(super) origin: Origin,
    /// Who joins it.
    pub(super) user: UserId,
    pub(super) branch: Branch,
    pub(super) record: Box<Record>,
}

#[derive(Debug, Default)]
pub(super) struct RecoveryState {
    /// Lost background tasks about which the channel has not been told, oldest first. The record has them too.
    pub(super) losses: Vec<String>,
    /// The message that is being retried, until the next save.
    pub(super) retried: Option<MessageId>,
    /// Messages that are being fetched for a retry, by press.
    pub(super) fetching: HashMap<OpId, MessageId>,
    /// The last press of a retry button: whose it was, for which message.
    pub(super) pressed_by: Option<(MessageId, String)>,
    /// Messages that run in a new session.
    pub(super) forks: HashMap<MessageId, ForkReason>,
    /// Presses that arrived before the delivery of their post, and when they expire.
    pub(super) early: Vec<(Instant, Press)>,
    /// Threads that are being created.
    pub(super) threads: HashMap<OpId, NewThread>,
    /// Messages whose threads do not have them on record yet.
    pub(super) for_threads: Vec<QueueItem>,
    /// Posts whose button goes then, by their keys.
    pub(super) undo_until: Vec<(Instant, String)>,
}

impl RecoveryState {
    pub(super) fn new(record: Option<&Record>) -> Self {
        let losses = record.map(|record| record.state.background.clone());
        Self {
            losses: losses.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// A message whose thread is being created does not hold a shutdown up: the record has it.
    pub(super) fn is_idle(&self, shutting_down: bool) -> bool {
        self.fetching.is_empty()
            && self.early.is_empty()
            && self.threads.is_empty()
            && (shutting_down || self.for_threads.is_empty())
            && self.undo_until.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let early = self.early.iter().map(|(until, _)| *until);
        early
            .chain(self.undo_until.iter().map(|(until, _)| *until))
            .min()
    }
}
