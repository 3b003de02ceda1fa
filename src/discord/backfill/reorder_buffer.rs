//! Holds live messages back until the messages before them have been fetched, or until their channel is known. Pure.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use crate::snowflake::{ChannelId, MessageId};

/// How many messages are held for one channel: more than anybody can type in that time.
const MAX_HELD: usize = 1000;

/// Identifies a hold on a channel. Only the newest hold can be ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HoldId(u64);

#[derive(Debug, Default)]
pub(super) struct ReorderBuffer<M> {
    /// The newest message delivered in each channel, whoever it was meant for.
    delivered: HashMap<ChannelId, MessageId>,
    held: HashMap<ChannelId, Held<M>>,
    /// Channels whose missed messages are being fetched.
    fetches: HashMap<ChannelId, Fetch>,
    /// Channels whose missed messages could not be fetched in this session.
    incomplete: HashSet<ChannelId>,
    last: HoldId,
}

#[derive(Debug)]
struct Held<M> {
    hold: HoldId,
    messages: Vec<(MessageId, M)>,
}

#[derive(Debug)]
struct Fetch {
    hold: HoldId,
    /// Messages after this one are fetched.
    after: MessageId,
    /// What was delivered in the meantime. It will be fetched too.
    passed: HashSet<MessageId>,
}

/// A message of a channel whose missed messages have been fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Released<M> {
    pub(super) id: MessageId,
    pub(super) message: M,
    pub(super) is_live: bool,
}

impl<M> ReorderBuffer<M> {
    pub(super) fn newest_delivered(&self) -> impl Iterator<Item = (ChannelId, MessageId)> {
        self.delivered.iter().map(|(channel, id)| (*channel, *id))
    }

    pub(super) fn newest_delivered_in(&self, channel: ChannelId) -> Option<MessageId> {
        self.delivered.get(&channel).copied()
    }

    /// A message was delivered and need not be fetched any more.
    pub(super) fn mark_delivered(&mut self, channel: ChannelId, id: MessageId) {
        let newest = self.delivered.entry(channel).or_insert(id);
        *newest = id.max(*newest);
    }

    /// A message of the bot's own was delivered. Returns whether nothing before it waits or is missing.
    pub(super) fn mark_own_delivered(&mut self, channel: ChannelId, id: MessageId) -> bool {
        let is_complete = !self.held.contains_key(&channel)
            && !self.fetches.contains_key(&channel)
            && !self.incomplete.contains(&channel);
        if is_complete {
            self.mark_delivered(channel, id);
        }
        is_complete
    }

    /// The channel's missed messages could not all be fetched.
    pub(super) fn mark_incomplete(&mut self, channel: ChannelId) {
        self.incomplete.insert(channel);
    }

    pub(super) fn holds(&self, channel: ChannelId) -> bool {
        self.held.contains_key(&channel)
    }

    /// Whether messages of the channel wait.
    pub(super) fn holds_messages(&self, channel: ChannelId) -> bool {
        let place = self.held.get(&channel);
        place.is_some_and(|place| !place.messages.is_empty())
    }

    /// The channel's held messages, if this hold is the newest.
    pub(super) fn held(&self, channel: ChannelId, hold: HoldId) -> impl Iterator<Item = &M> {
        let place = self.held.get(&channel);
        let place = place.filter(|place| place.hold == hold);
        let messages = place.into_iter().flat_map(|place| &place.messages);
        messages.map(|(_, message)| message)
    }

    pub(super) fn hold(&mut self, channel: ChannelId) -> HoldId {
        self.last.0 += 1;
        let hold = self.last;
        let messages = Vec::new();
        let place = self.held.entry(channel);
        place.or_insert(Held { hold, messages }).hold = hold;
        hold
    }

    /// Holds the channel's messages until those after a message have been fetched. Returns the message after which to
    /// fetch: an earlier one, if an earlier request has not been answered yet.
    pub(super) fn begin_fetch(
        &mut self,
        channel: ChannelId,
        after: MessageId,
    ) -> (HoldId, MessageId) {
        let hold = self.hold(channel);
        self.incomplete.remove(&channel);
        let fetch = self.fetches.entry(channel).or_insert_with(|| Fetch {
            hold,
            after,
            passed: HashSet::new(),
        });
        fetch.hold = hold;
        fetch.after = fetch.after.min(after);
        (hold, fetch.after)
    }

    /// Whether the channel's messages are still to be fetched for this hold.
    pub(super) fn is_fetched_for(&self, channel: ChannelId, hold: HoldId) -> bool {
        let fetch = self.fetches.get(&channel);
        fetch.is_some_and(|fetch| fetch.hold == hold)
    }

    /// The message after which the channel's messages are being fetched.
    pub(super) fn fetched_after(&self, channel: ChannelId) -> Option<MessageId> {
        self.fetches.get(&channel).map(|fetch| fetch.after)
    }

    /// Takes a live message; returns it unless it is held.
    pub(super) fn take(&mut self, channel: ChannelId, id: MessageId, message: M) -> Option<M> {
        match self.held.get_mut(&channel) {
            // It does not count as delivered: if it is never released, it must be fetched.
            Some(held) if held.messages.len() < MAX_HELD => {
                held.messages.push((id, message));
                return None;
            }
            Some(_) => {
                tracing::warn!(%channel, "too many messages arrive during backfill; missed ones will come later");
            }
            None => self.mark_delivered(channel, id),
        }
        self.mark_passed(channel, id);
        Some(message)
    }

    /// A message was deleted: it is neither released nor taken from what is fetched.
    pub(super) fn forget(&mut self, channel: ChannelId, id: MessageId) {
        if let Some(held) = self.held.get_mut(&channel) {
            held.messages.retain(|(held, _)| *held != id);
        }
        self.mark_passed(channel, id);
    }

    /// A message that is held.
    pub(super) fn held_mut(&mut self, channel: ChannelId, id: MessageId) -> Option<&mut M> {
        let held = self.held.get_mut(&channel)?;
        let mut messages = held.messages.iter_mut();
        messages
            .find(|(held, _)| *held == id)
            .map(|(_, message)| message)
    }

    fn mark_passed(&mut self, channel: ChannelId, id: MessageId) {
        if let Some(fetch) = self.fetches.get_mut(&channel) {
            fetch.passed.insert(id);
        }
    }

    /// Ends a hold, if it is the newest. Returns the held messages, each once and in the order of their ids. Missed
    /// messages may still be fetched.
    pub(super) fn release(&mut self, channel: ChannelId, hold: HoldId) -> Vec<(MessageId, M)> {
        let mut messages = match self.held.entry(channel) {
            Entry::Occupied(place) if place.get().hold == hold => place.remove().messages,
            _ => return Vec::new(),
        };
        messages.sort_by_key(|(id, _)| *id);
        messages.dedup_by_key(|(id, _)| *id);
        for (id, _) in &messages {
            self.mark_passed(channel, *id);
        }
        messages
    }

    /// Ends a fetch. Returns what was found and what is held, each message once and in the order of their ids, without
    /// what has been released before. `None` if a newer fetch has begun, which will find all this too.
    pub(super) fn finish_fetch(
        &mut self,
        channel: ChannelId,
        hold: HoldId,
        found: Vec<(MessageId, M)>,
    ) -> Option<Vec<Released<M>>> {
        let passed = match self.fetches.entry(channel) {
            Entry::Occupied(fetch) if fetch.get().hold == hold => fetch.remove().passed,
            _ => return None,
        };
        let place = self.held.remove(&channel);
        let live = place.map(|place| place.messages).unwrap_or_default();
        let found = found.into_iter().filter(|(id, _)| !passed.contains(id));
        let as_released = |is_live| {
            move |(id, message)| Released {
                id,
                message,
                is_live,
            }
        };
        let mut all: Vec<_> = live.into_iter().map(as_released(true)).collect();
        all.extend(found.map(as_released(false)));
        // A stable sort keeps a live message before the same message as it was found.
        all.sort_by_key(|released| released.id);
        all.dedup_by_key(|released| released.id);
        Some(all)
    }
}

#[cfg(test)]
mod tests;
