//! A thread that was made for one message.

use super::{Actor, ActorMessage};
use crate::{chat::ChatOp, registry::Record, snowflake::MessageId};

impl Actor {
    /// Tells the hub, which may be gone at shutdown.
    pub(super) fn tell(&self, told: ActorMessage) {
        drop(self.hub.send(told));
    }

    /// Tells the channel that the message which has this thread for itself is on record here.
    pub(super) fn tell_handed_over(&mut self, record: &Record) {
        let message = MessageId(self.channel.0);
        if self.is_handed_over || record.state.title.is_none() || !record.claims().names(message) {
            return;
        }
        self.is_handed_over = true;
        if let Some(channel) = self.shared.directory.parent(self.channel) {
            self.tell(ActorMessage::HandedOver { channel, message });
        }
    }

    /// Gives the thread a title, unless somebody has given it another one.
    pub(super) fn rename(&self, title: String, words: &str) {
        let known = self.shared.directory.place(self.channel);
        let known = known.and_then(|place| place.name);
        if known.is_none_or(|name| name.ends_with(words)) {
            let thread = self.channel;
            self.shared
                .outbox
                .send(ChatOp::RenameThread { thread, title });
        }
    }
}
