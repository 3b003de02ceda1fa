//! How often bots were answered in a row.

use std::collections::HashMap;

use crate::snowflake::ChannelId;

/// Counts, for each channel, the answers to bots since a person last spoke: two bots that answer each other would
/// go on for ever.
#[derive(Debug)]
pub struct Streak {
    most: u32,
    counts: HashMap<ChannelId, u32>,
}

impl Streak {
    /// At most so many answers in a row.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self {
            most,
            counts: HashMap::new(),
        }
    }

    /// Whether a message may be answered. A person's always may, and lets bots speak again.
    pub fn admits(&mut self, channel: ChannelId, is_bot: bool) -> bool {
        if !is_bot {
            self.counts.remove(&channel);
            return true;
        }
        let count = self.counts.entry(channel).or_default();
        let admits = *count < self.most;
        *count = count.saturating_add(1).min(self.most);
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_are_answered_so_often_in_a_row_and_again_after_a_person() {
        let (here, there) = (ChannelId(1), ChannelId(2));
        let mut streak = Streak::new(2);
        let answered = |streak: &mut Streak, channel, times| {
            (0..times).filter(|_| streak.admits(channel, true)).count()
        };
        assert_eq!(answered(&mut streak, here, 1_000), 2);
        assert_eq!(answered(&mut streak, there, 1), 1);
        assert!(streak.admits(here, false));
        assert_eq!(answered(&mut streak, here, 3), 2);
        assert_eq!(answered(&mut streak, there, 3), 1);
        assert!(!Streak::new(0).admits(here, true));
    }
}
