//! Live messages of the channels that are being caught up or looked up, held back until what came before them, or what
//! their channel is, is known. Pure.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use crate::snowflake::{ChannelId, MessageId};

/// How many messages are held for one channel. More than anybody can type in the time that it takes.
const MOST_HELD: usize = 1000;

/// One of the times that a channel began to be held. Only who began the newest one may end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold(u64);

/// What was heard, and what is held.
#[derive(Debug)]
pub(super) struct ReorderBuffer<M> {
    /// The newest message heard in each channel, whoever it was meant for.
    heard: HashMap<ChannelId, MessageId>,
    held: HashMap<ChannelId, Held<M>>,
    /// Channels of which it is not known yet what was missed there.
    asks: HashMap<ChannelId, Ask>,
    last: Hold,
}

#[derive(Debug)]
struct Held<M> {
    hold: Hold,
    messages: Vec<(MessageId, M)>,
}

#[derive(Debug)]
struct Ask {
    hold: Hold,
    /// It is asked what was said after this message.
    after: MessageId,
    /// What has been let go since, without waiting for the answer, which holds it too.
    passed: HashSet<MessageId>,
}

/// A message of a channel that has been caught up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Released<M> {
    pub(super) id: MessageId,
    pub(super) message: M,
    pub(super) is_live: bool,
}

impl<M> Default for ReorderBuffer<M> {
    fn default() -> Self {
        Self {
            heard: HashMap::new(),
            held: HashMap::new(),
            asks: HashMap::new(),
            last: Hold(0),
        }
    }
}

impl<M> ReorderBuffer<M> {
    /// The channels heard so far.
    pub(super) fn heard(&self) -> impl Iterator<Item = (ChannelId, MessageId)> {
        self.heard.iter().map(|(channel, id)| (*channel, *id))
    }

    /// A message has been heard that is not to be asked for any more.
    pub(super) fn hears(&mut self, channel: ChannelId, id: MessageId) {
        let heard = self.heard.entry(channel).or_insert(id);
        *heard = id.max(*heard);
    }

    /// Whether the channel's messages are held.
    pub(super) fn holds(&self, channel: ChannelId) -> bool {
        self.held.contains_key(&channel)
    }

    /// What is held of the channel, if this hold is the newest.
    pub(super) fn held(&self, channel: ChannelId, hold: Hold) -> impl Iterator<Item = &M> {
        let place = self.held.get(&channel);
        let place = place.filter(|place| place.hold == hold);
        let messages = place.into_iter().flat_map(|place| &place.messages);
        messages.map(|(_, message)| message)
    }

    /// From now on the channel's messages are held.
    pub(super) fn hold(&mut self, channel: ChannelId) -> Hold {
        self.last.0 += 1;
        let hold = self.last;
        let place = self.held.entry(channel).or_insert_with(|| Held {
            hold,
            messages: Vec::new(),
        });
        place.hold = hold;
        hold
    }

    /// From now on the channel's messages are held until it is known what was said there after a message. Gives the
    /// message after which to ask: an earlier one where that was asked before and not answered yet.
    pub(super) fn ask(&mut self, channel: ChannelId, after: MessageId) -> (Hold, MessageId) {
        let hold = self.hold(channel);
        let ask = self.asks.entry(channel).or_insert_with(|| Ask {
            hold,
            after,
            passed: HashSet::new(),
        });
        ask.hold = hold;
        ask.after = ask.after.min(after);
        (hold, ask.after)
    }

    /// The message after which it is not known yet what was said in the channel.
    pub(super) fn asks_after(&self, channel: ChannelId) -> Option<MessageId> {
        self.asks.get(&channel).map(|ask| ask.after)
    }

    /// A live message: given back unless it is held.
    pub(super) fn take(&mut self, channel: ChannelId, id: MessageId, message: M) -> Option<M> {
        match self.held.get_mut(&channel) {
            // What is held is not heard yet: if it is never let go, it is still to be asked for.
            Some(held) if held.messages.len() < MOST_HELD => {
                held.messages.push((id, message));
                return None;
            }
            Some(_) => {
                tracing::warn!(%channel, "too much is said while the channel is caught up; what was missed comes later");
            }
            None => self.hears(channel, id),
        }
        self.passes(channel, id);
        Some(message)
    }

    fn passes(&mut self, channel: ChannelId, id: MessageId) {
        if let Some(ask) = self.asks.get_mut(&channel) {
            ask.passed.insert(id);
        }
    }

    /// The end of a hold, if it is the newest: what was held, each once and in the order of their ids. What was missed
    /// may still be asked for.
    pub(super) fn let_go(&mut self, channel: ChannelId, hold: Hold) -> Vec<(MessageId, M)> {
        let mut messages = match self.held.entry(channel) {
            Entry::Occupied(place) if place.get().hold == hold => place.remove().messages,
            _ => return Vec::new(),
        };
        messages.sort_by_key(|(id, _)| *id);
        messages.dedup_by_key(|(id, _)| *id);
        for (id, _) in &messages {
            self.passes(channel, *id);
        }
        messages
    }

    /// The end of a channel's catching up: what was found and what is held, each once and in the order of their ids,
    /// and whether it came live. What has been let go before is left out. `None` where the channel is asked about
    /// anew: that will find all this as well.
    pub(super) fn release(
        &mut self,
        channel: ChannelId,
        hold: Hold,
        found: Vec<(MessageId, M)>,
    ) -> Option<Vec<Released<M>>> {
        let passed = match self.asks.entry(channel) {
            Entry::Occupied(ask) if ask.get().hold == hold => ask.remove().passed,
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
        // Stable: what came live stands before the same message as it was found.
        all.sort_by_key(|released| released.id);
        all.dedup_by_key(|released| released.id);
        Some(all)
    }
}

#[cfg(test)]
mod tests;
