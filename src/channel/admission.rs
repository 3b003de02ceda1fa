//! Applies [`limits`](crate::limits) to requests and turns.
//!
//! All channels share one instance, because a person's limit applies across channels. A thread counts as its channel;
//! otherwise people could evade the channel's limit by opening threads.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    messages,
    request::{QueueItem, Request, Source},
};
use crate::{
    chat::Directory,
    config::LimitSettings,
    external::{Role, Speaker},
    ledger::Line,
    limits::{BotLoopGuard, Limits},
    snowflake::{ChannelId, UserId},
};

/// How soon a person is told again, in the same channel, that a limit is reached.
const TOLD_AGAIN: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug)]
pub(crate) struct Admission {
    /// Who was last told where that a limit is reached, and when.
    told: Mutex<HashMap<(UserId, ChannelId), DateTime<Utc>>>,
    counts: Mutex<(Limits, BotLoopGuard)>,
    directory: Directory,
}

impl Admission {
    /// `booked` are the ledger's lines of the last day.
    pub(crate) fn new(settings: LimitSettings, directory: Directory, booked: &[Line]) -> Self {
        let counts = (
            Limits::new(settings),
            BotLoopGuard::new(settings.bots_in_a_row),
        );
        let admission = Self {
            told: Mutex::default(),
            counts: Mutex::new(counts),
            directory,
        };
        for line in booked {
            admission.booked(line);
        }
        admission
    }

    /// Counts an item before it is queued. If a limit is reached, the item becomes a hint. `None` if its author has just
    /// had one, or is a bot that has been answered too often: it would answer a hint as well.
    pub(super) fn admit(&self, mut item: QueueItem, now: DateTime<Utc>) -> Option<QueueItem> {
        let channel = item.place.channel;
        let counted_as = self.counted_as(channel);
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
            // The bot loop guard holds bots up.
            let may_flood = item.speaker.role == Role::Member
                && matches!(
                    (item.source, &item.request),
                    (Source::Chat(_), Request::Prompt { .. })
                );
            if may_flood && !self.tells((item.speaker.id, channel), now) {
                return None;
            }
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
        let counted_as = self.counted_as(channel);
        let (limits, _) = &mut *self.lock();
        limits
            .check_cost(speaker.id, counted_as, now)
            .map_err(|reached| messages::limit_reached(&reached))
    }

    pub(super) fn booked(&self, line: &Line) {
        let counted_as = line
            .thread_of
            .unwrap_or_else(|| self.counted_as(line.channel));
        let (limits, _) = &mut *self.lock();
        limits.spent(line.author, counted_as, line.cost_usd, line.time);
    }

    /// Whether somebody is to be told that a limit is reached, which counts as done.
    fn tells(&self, who: (UserId, ChannelId), now: DateTime<Utc>) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now - *at < TOLD_AGAIN);
        let is_new = !told.contains_key(&who);
        if is_new {
            told.insert(who, now);
        }
        is_new
    }

    /// The channel whose limits apply.
    fn counted_as(&self, channel: ChannelId) -> ChannelId {
        self.directory.parent(channel).unwrap_or(channel)
    }

    fn lock(&self) -> MutexGuard<'_, (Limits, BotLoopGuard)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
