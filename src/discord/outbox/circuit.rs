//! Channels that refuse the bot: they are left alone for a while. Pure.
//!
//! Discord answers 403 or 404 where the bot may not write or the channel is gone, and each such answer counts against
//! the bot's address. The person there sees nothing either way; the log has one line.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::snowflake::ChannelId;

/// How long a channel is left alone; then one more message is tried.
pub(super) const ALONE: Duration = Duration::from_mins(10);

/// The channels that have refused the bot.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    shut: HashMap<ChannelId, Instant>,
}

impl Circuit {
    /// Whether something may be sent to a channel.
    pub(super) fn lets(&self, channel: ChannelId, now: Instant) -> bool {
        self.shut.get(&channel).is_none_or(|until| now >= *until)
    }

    /// A channel has answered. Gives whether it is to be left alone from now on.
    pub(super) fn answered(&mut self, channel: ChannelId, status: u16, now: Instant) -> bool {
        if matches!(status, 403 | 404) {
            let was_shut = !self.lets(channel, now);
            self.shut.insert(channel, now + ALONE);
            !was_shut
        } else {
            self.shut.remove(&channel);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_refuses_is_left_alone_for_ten_minutes_and_tried_once_more() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        let (here, there) = (ChannelId(1), ChannelId(2));
        for status in [403, 404] {
            assert!(circuit.lets(here, now));
            assert!(circuit.answered(here, status, now), "told once");
            assert!(!circuit.answered(here, status, now), "not twice");
            assert!(!circuit.lets(here, now + ALONE / 2));
            assert!(circuit.lets(there, now), "others go on");
            assert!(circuit.lets(here, now + ALONE));
            // That try is refused too.
            assert!(circuit.answered(here, status, now + ALONE), "told again");
            assert!(!circuit.lets(here, now + ALONE));
            assert!(circuit.lets(here, now + ALONE * 2));
            circuit.answered(here, 200, now + ALONE * 2);
            assert!(circuit.lets(here, now), "open again");
        }
    }

    #[test]
    fn what_is_about_one_message_shuts_nothing() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        for status in [200, 400, 413] {
            assert!(!circuit.answered(ChannelId(1), status, now));
            assert!(circuit.lets(ChannelId(1), now));
        }
    }
}
