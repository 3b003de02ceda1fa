//! Which of the messages that were missed are still answered. Pure.

use chrono::{DateTime, Utc};

use crate::{config::CatchUp, snowflake::MessageId};

/// What becomes of the messages of one channel that were missed and are meant for the bot.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan<M> {
    /// How many are skipped.
    pub(super) skipped: usize,
    /// The newest one skipped.
    pub(super) last_skipped: Option<(MessageId, M)>,
    /// Those that are answered, oldest first.
    pub(super) answered: Vec<(MessageId, M)>,
}

/// Skips what is too old, and of the rest the oldest where there are too many. `missed` goes from old to new, and
/// `now` is Discord's time, as that of the ids is.
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

/// After so many pages of a channel what is too old is passed over unread.
const OLD_PAGES: usize = 10;

/// Where to go on reading after a page that ended with `last`, the `number`th (from 1): there, or where what is not too
/// old begins. The second value tells whether something was passed over.
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
