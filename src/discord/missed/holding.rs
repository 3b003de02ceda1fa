//! Live messages of the channels that are being caught up or looked up, held back until what came before them, or what
//! their channel is, is known. Pure.

use std::collections::HashMap;

use crate::snowflake::{ChannelId, MessageId};

/// How many messages are held for one channel. More than anybody can type in the time that it takes.
const MOST_HELD: usize = 1000;

/// What was heard, and what is held.
#[derive(Debug)]
pub(super) struct Holding<M> {
    /// The newest message heard in each channel, whoever it was meant for.
    heard: HashMap<ChannelId, MessageId>,
    held: HashMap<ChannelId, Vec<(MessageId, M)>>,
}

/// A message of a channel that has been caught up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Released<M> {
    pub(super) id: MessageId,
    pub(super) message: M,
    pub(super) is_live: bool,
}

impl<M> Default for Holding<M> {
    fn default() -> Self {
        Self {
            heard: HashMap::new(),
            held: HashMap::new(),
        }
    }
}

impl<M> Holding<M> {
    /// The channels heard so far.
    pub(super) fn heard(&self) -> impl Iterator<Item = (ChannelId, MessageId)> {
        self.heard.iter().map(|(channel, id)| (*channel, *id))
    }

    /// Whether the channel's messages are held.
    pub(super) fn holds(&self, channel: ChannelId) -> bool {
        self.held.contains_key(&channel)
    }

    /// What is held of the channel.
    pub(super) fn held(&self, channel: ChannelId) -> impl Iterator<Item = &M> {
        let held = self.held.get(&channel).into_iter().flatten();
        held.map(|(_, message)| message)
    }

    /// From now on the channel's messages are held.
    pub(super) fn hold(&mut self, channel: ChannelId) {
        self.held.entry(channel).or_default();
    }

    /// A live message: given back unless it is held.
    pub(super) fn take(&mut self, channel: ChannelId, id: MessageId, message: M) -> Option<M> {
        let Some(held) = self.held.get_mut(&channel) else {
            // What is held is not heard yet: if it is never released, it is still to be asked for.
            let heard = self.heard.entry(channel).or_insert(id);
            *heard = id.max(*heard);
            return Some(message);
        };
        if held.len() < MOST_HELD {
            held.push((id, message));
            return None;
        }
        tracing::warn!(%channel, "too much is said while the channel is caught up; what was missed comes later");
        Some(message)
    }

    /// The end of a channel's catching up: what was found and what was held, each once and in the order of their ids,
    /// and whether it came live.
    pub(super) fn release(
        &mut self,
        channel: ChannelId,
        found: Vec<(MessageId, M)>,
    ) -> Vec<Released<M>> {
        let held = self.held.remove(&channel).unwrap_or_default();
        let as_released = |is_live| {
            move |(id, message)| Released {
                id,
                message,
                is_live,
            }
        };
        let mut all: Vec<_> = held.into_iter().map(as_released(true)).collect();
        all.extend(found.into_iter().map(as_released(false)));
        // Stable: what came live stands before the same message as it was found.
        all.sort_by_key(|released| released.id);
        all.dedup_by_key(|released| released.id);
        if let Some(last) = all.last().map(|released| released.id) {
            let heard = self.heard.entry(channel).or_insert(last);
            *heard = (*heard).max(last);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: ChannelId = ChannelId(1);

    #[test]
    fn only_a_channel_that_is_caught_up_waits() {
        let mut holding = Holding::default();
        assert_eq!(holding.take(HERE, MessageId(5), "a"), Some("a"));
        holding.hold(HERE);
        assert_eq!(holding.take(HERE, MessageId(9), "c"), None);
        assert_eq!(holding.take(ChannelId(2), MessageId(8), "x"), Some("x"));
        let released = holding.release(HERE, vec![(MessageId(7), "b"), (MessageId(9), "c")]);
        let released: Vec<_> = released
            .into_iter()
            .map(|released| (released.id.0, released.message, released.is_live))
            .collect();
        assert_eq!(released, [(7, "b", false), (9, "c", true)]);
        assert_eq!(holding.take(HERE, MessageId(10), "d"), Some("d"));
        let heard: HashMap<_, _> = holding.heard().collect();
        assert_eq!(heard[&HERE], MessageId(10));
    }

    proptest! {
        /// Whatever is heard while a channel is caught up comes out once, in order, after what was found.
        #[test]
        fn nothing_is_lost_or_doubled(
            found in prop::collection::btree_set(0_u64..40, 0..20),
            live in prop::collection::vec(0_u64..60, 0..40),
        ) {
            let mut holding = Holding::default();
            holding.hold(HERE);
            for id in &live {
                prop_assert_eq!(holding.take(HERE, MessageId(*id), *id), None);
            }
            let found_list = found.iter().map(|id| (MessageId(*id), *id)).collect();
            let released: Vec<u64> = holding.release(HERE, found_list).into_iter().map(|released| released.message).collect();
            let mut expected: Vec<u64> = found.into_iter().chain(live).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(released, expected);
        }
    }
}
