//! Sessions from elsewhere that shall continue in a channel.

use super::Hub;
use crate::channel::{adoption::Adoption, messages::earlier::UNKNOWN_CHANNEL, state::Event};

impl Hub {
    pub(super) fn adopt(&mut self, adoption: Adoption) {
        let Adoption {
            session,
            channel,
            client,
        } = adoption;
        if self.shared.directory.knows(channel) {
            self.send(channel, Event::Adopt { session, client });
        } else {
            client.answer(Err(UNKNOWN_CHANNEL.to_owned()));
        }
    }
}
