//! Applies [`limits`](crate::limits) to requests and turns.
//!
//! All channels share one instance, because a person's limit applies across channels. A thread counts as its channel;
//! otherwise people could evade the channel's limit by opening threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{
    messages,
    request::{QueueItem, Request},
};
use crate::{
    chat::Directory,
    config::LimitSettings,
    external::{Role, Speaker},
    ledger::TurnLine,
    limits::{BotLoopGuard, Limits},
    snowflake::ChannelId,
};

#[derive(Debug)]
pub(crate) struct Admission {
    counts: Mutex<(Limits, BotLoopGuard)>,
    directory: Directory,
}

impl Admission {
    /// `booked` are the ledger's lines of the last day.
    pub(crate) fn new(settings: LimitSettings, directory: Directory, booked: &[TurnLine]) -> Self {
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

    /// Counts an item before it is queued. If a limit is reached, the item becomes a hint. `None` if a bot has been
    /// answered too often: it would answer a hint as well.
    pub(super) fn admit(&self, mut item: QueueItem, now: DateTime<Utc>) -> Option<QueueItem> {
        let channel = item.place.channel;
        let counted_as = self.limited_channel(channel);
        let (limits, bot_loop_guard) = &mut *self.lock();
        let is_bot = item.speaker.role == Role::Bot;
        if !bot_loop_guard.admits(counted_as, is_bot) {
            tracing::info!(%channel, "ignored a bot: the limit of answers in a row is reached");
            return None;
        }
        if item.request.begins_turn()
            && !item.speaker.role.is_admin()
            && let Err(reached) = limits.take(item.speaker.id, counted_as, now)
        {
            tracing::info!(%channel, user = %item.speaker.id, ?reached, "limit reached");
            item.request = Request::Hint(messages::limit_reached(&reached));
        }
        Some(item)
    }

    /// Checks the cost limits again when a turn begins or goes on. The error is for the person.
    pub(super) fn may_spend(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        if speaker.role.is_admin() {
            return Ok(());
        }
        let counted_as = self.limited_channel(channel);
        let (limits, _) = &mut *self.lock();
        limits
            .check_cost(speaker.id, counted_as, now)
            .map_err(|reached| messages::limit_reached(&reached))
    }

    pub(super) fn booked(&self, line: &TurnLine) {
        let counted_as = line
            .thread_of
            .unwrap_or_else(|| self.limited_channel(line.channel));
        let (limits, _) = &mut *self.lock();
        limits.add_cost(line.author, counted_as, line.cost_usd, line.time);
    }

    /// The channel whose limits apply.
    fn limited_channel(&self, channel: ChannelId) -> ChannelId {
        self.directory.parent(channel).unwrap_or(channel)
    }

    fn lock(&self) -> MutexGuard<'_, (Limits, BotLoopGuard)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
