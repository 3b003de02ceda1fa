//! Stops endless conversations between bots.

use std::collections::HashMap;

use crate::snowflake::ChannelId;

/// Counts, per channel, the answers to bots since a person last spoke.
#[derive(Debug)]
pub struct BotLoopGuard {
    max: u32,
    counts: HashMap<ChannelId, u32>,
}

impl BotLoopGuard {
    /// Allows `max` answers to bots in a row.
    #[must_use]
    pub fn new(max: u32) -> Self {
        Self {
            max,
            counts: HashMap::new(),
        }
    }

    /// Whether to answer a message, which counts if it is a bot's. A person's message is always answered and resets the
    /// count.
    pub fn admits(&mut self, channel: ChannelId, is_bot: bool) -> bool {
        if !is_bot {
            self.counts.remove(&channel);
            return true;
        }
        let count = self.counts.entry(channel).or_default();
        let admits = *count < self.max;
        *count = count.saturating_add(1).min(self.max);
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_are_answered_up_to_the_limit_until_a_person_speaks() {
        let (here, there) = (ChannelId(1), ChannelId(2));
        let mut guard = BotLoopGuard::new(2);
        let answered = |guard: &mut BotLoopGuard, channel, times| {
            (0..times).filter(|_| guard.admits(channel, true)).count()
        };
        assert_eq!(answered(&mut guard, here, 1_000), 2);
        assert_eq!(answered(&mut guard, there, 1), 1);
        assert!(guard.admits(here, false));
        assert_eq!(answered(&mut guard, here, 3), 2);
        assert_eq!(answered(&mut guard, there, 3), 1);
        assert!(!BotLoopGuard::new(0).admits(here, true));
    }
}
