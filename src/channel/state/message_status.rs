//! The status of each message, and the reaction that shows it.

use std::{collections::BTreeMap, time::Instant};

use crate::snowflake::MessageId;

/// How many messages are tracked.
pub(super) const MOST_TRACKED: usize = 100;

/// The status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageStatus {
    Waiting,
    Working,
    Failed,
    Done,
}

#[derive(Debug, Default)]
pub(super) struct Reactions(pub(super) BTreeMap<MessageId, Mark>);

#[derive(Debug)]
pub(super) struct Mark {
    pub(super) shown: Option<MessageStatus>,
    pub(super) wanted: Option<MessageStatus>,
    /// When it was last changed.
    pub(super) since: Instant,
    /// When `wanted` is to be shown.
    pub(super) due: Option<Instant>,
}

impl Reactions {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|mark| mark.due).min()
    }
}
