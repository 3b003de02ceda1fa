//! Files that somebody asks for, which the actor makes.

use super::{Effect, State, event::Document, messages::files as texts};
use crate::{
    channel::Origin,
    chat::{ChatOp, Post, PostKey},
};

impl State {
    pub(super) fn export(&mut self, last: Option<usize>, origin: Origin) {
        let record = self.record.as_ref().filter(|record| !record.is_at_start());
        let Some(record) = record else {
            return self.say(Some(origin), texts::NOTHING_TO_EXPORT);
        };
        let fork = record.state.fork.clone();
        let (session, at) = match fork {
            Some(fork) => (fork.from, Some(fork.at)),
            None => (record.session_id.clone(), None),
        };
        self.compose(Document::Export { session, at, last }, origin);
    }

    /// Has the actor make a document, as a reply.
    pub(super) fn compose(&mut self, document: Document, origin: Origin) {
        let key = self.new_key();
        let purpose = self.purpose(Some(origin));
        self.deliveries.sent(key.clone(), purpose);
        self.effects.push(Effect::Compose {
            document,
            key,
            reply_to: origin.message(),
        });
    }

    pub(super) fn composed(&mut self, key: PostKey, post: Box<Post>) {
        let channel = self.channel;
        self.chat(ChatOp::Put {
            channel,
            key,
            post,
            known: Vec::new(),
        });
    }
}
