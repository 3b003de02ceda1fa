//! What is let through to the channels: limits, and no endless talk between bots.
//!
//! One for all channels, since a person's limit holds in all of them together. A thread counts as the channel that it
//! belongs to: otherwise whoever has reached a channel's limit could open another thread. The rules are those of
//! [`limits`](crate::limits); this is where they meet messages and turns.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{
    messages,
    request::{QueueItem, Request},
};
use crate::{
    chat::Directory,
    command::Command,
    config::LimitSettings,
    external::{Role, Speaker},
    ledger::Line,
    limits::{BotLoopGuard, Limits},
    snowflake::ChannelId,
};

/// Counts what people and channels ask for, and what it costs.
#[derive(Debug)]
pub struct Admission {
    counts: Mutex<(Limits, BotLoopGuard)>,
    directory: Directory,
}

impl Admission {
    /// Begins with what the turns of the last day have cost.
    #[must_use]
    pub fn new(settings: LimitSettings, directory: Directory, booked: &[Line]) -> Self {
        let counts = (
            Limits::new(settings),
            BotLoopGuard::new(settings.bots_in_a_row),
        );
        let admission = Self {
            counts: Mutex::new(counts),
            directory,
        };
        for line in booked {
            admission.booked(line);
        }
        admission
    }

    /// What becomes of an item that has just come in. What waits in a queue counts already. What is refused goes the
    /// same way as a hint, in its order; `None` if not even that may be said: the other side is a bot, and it would
    /// answer.
    pub(super) fn admit(&self, mut item: QueueItem, now: DateTime<Utc>) -> Option<QueueItem> {
        let channel = item.place.channel;
        let counted_as = self.counted_as(channel);
        let (limits, bot_loop_guard) = &mut *self.lock();
        let is_bot = item.speaker.role == Role::Bot;
        if !bot_loop_guard.admits(counted_as, is_bot) {
            return None;
        }
        let begins_a_turn = matches!(
            item.request,
            Request::Prompt { .. } | Request::Command(Command::Compact)
        );
        if begins_a_turn
            && !item.speaker.role.is_admin()
            && let Err(reached) = limits.take(item.speaker.id, counted_as, now)
        {
            tracing::info!(%channel, user = %item.speaker.id, ?reached, "a limit is reached");
            item.request = Request::Hint(messages::limit_reached(&reached));
        }
        Some(item)
    }

    /// Whether a turn may cost something now. It may have waited since it was admitted.
    ///
    /// # Errors
    ///
    /// Words for the person.
    pub(super) fn may_spend(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        if speaker.role.is_admin() {
            return Ok(());
        }
        let counted_as = self.counted_as(channel);
        let (limits, _) = &mut *self.lock();
        limits
            .check_cost(speaker.id, counted_as, now)
            .map_err(|reached| messages::limit_reached(&reached))
    }

    /// Counts a turn that has been booked.
    pub(super) fn booked(&self, line: &Line) {
        let counted_as = line
            .thread_of
            .unwrap_or_else(|| self.counted_as(line.channel));
        let (limits, _) = &mut *self.lock();
        limits.spent(line.author, counted_as, line.cost_usd, line.time);
    }

    /// The channel whose limits count what happens in a channel.
    fn counted_as(&self, channel: ChannelId) -> ChannelId {
        self.directory.parent(channel).unwrap_or(channel)
    }

    fn lock(&self) -> MutexGuard<'_, (Limits, BotLoopGuard)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
