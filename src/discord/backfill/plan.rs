//! Decides which of the messages that were missed are still answered. Pure.

use chrono::{DateTime, Utc};

use crate::{config::CatchUp, snowflake::MessageId};

/// The fate of the messages for the bot that were missed in one channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan<M> {
    pub(super) skipped: usize,
    /// The newest one of those.
    pub(super) last_skipped: Option<(MessageId, M)>,
    /// Oldest first.
    pub(super) answered: Vec<(MessageId, M)>,
}

/// Skips messages that are too old, and the oldest of the rest if they are too many. `missed` goes from old to new, and
/// `now` is Discord's time.
pub(super) fn plan<M>(
    mut missed: Vec<(MessageId, M)>,
    bounds: &CatchUp,
    now: DateTime<Utc>,
) -> Plan<M> {
    let oldest = now - bounds.max_age;
    let too_old = missed.partition_point(|(id, _)| id.sent_at() < oldest);
    let too_many = missed.len().saturating_sub(bounds.max_messages);
    let answered = missed.split_off(too_old.max(too_many));
    Plan {
        skipped: missed.len(),
        last_skipped: missed.pop(),
        answered,
    }
}

/// After this many pages of a channel, messages that are too old are skipped unread.
const OLD_PAGES: usize = 10;

/// After which message to go on reading, when the `number`th page (from 1) ended with `last`. The second value says
/// whether that skips messages.
pub(super) fn go_on(
    number: usize,
    last: MessageId,
    bounds: &CatchUp,
    now: DateTime<Utc>,
) -> (MessageId, bool) {
    let before = MessageId(MessageId::at(now - bounds.max_age).0.saturating_sub(1));
    if number == OLD_PAGES && last < before {
        (before, true)
    } else {
        (last, false)
    }
}

#[cfg(test)]
mod tests;
