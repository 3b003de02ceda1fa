//! Typing brings a channel's process up before the message comes.

use std::time::Instant;

use chrono::Utc;

use super::Hub;
use crate::{
    channel::state::Event,
    chat::{Author, Place},
};

impl Hub {
    /// Somebody is typing. If they may talk here, and what they type is probably for the bot, a process is started for it.
    pub(super) fn typing(&mut self, place: &Place, author: &Author) {
        let channel = place.channel;
        let Ok(speaker) = self.intake().admit(author, place) else {
            return;
        };
        let is_expected = self.intake().expects_messages(place)
            || self.recent_turns.has(channel, author.id, Instant::now());
        let admission = &self.shared.admission;
        if author.is_bot
            || author.id == self.bot
            || !is_expected
            || self.forbidden.contains_key(&channel)
            || admission.may_spend(channel, &speaker, Utc::now()).is_err()
        {
            return;
        }
        if self.actors.contains_key(&channel) {
            self.tell(channel, Event::Typing);
        } else if self.shared.prewarms.available_permits() > 0 {
            self.send(channel, Event::Typing);
        }
    }
}
