//! What a channel waits for before it runs another message.

use std::time::Instant;

use crate::snowflake::MessageId;

/// Nothing is asked until then.
#[derive(Debug, Default)]
pub(super) struct HoldState {
    pub(super) until: Option<Instant>,
    /// When the usage limit resets that another channel has met, in seconds since 1970.
    pub(super) shared: Option<i64>,
    /// How often in a row a message was run again because the API was busy.
    pub(super) pauses: usize,
    /// That message, and those that it is answered with, while they wait for their next run.
    pub(super) paused: Vec<MessageId>,
}

impl HoldState {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// A turn has ended in another way.
    pub(super) fn turn_ended(&mut self) {
        self.pauses = 0;
    }
}
