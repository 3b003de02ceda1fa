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
    pub fn new(max: u32) -> Self {
        Self {
            max,
            counts: HashMap::new(),
        }
    }

    /// Takes another maximum.
    pub fn reconfigure(&mut self, max: u32) {
        self.max = max;
    }

    /// Whether to answer a message. A person's message resets the count.
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
mod tests;
