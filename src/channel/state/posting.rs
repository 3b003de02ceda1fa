//! What the channel posts, and what is settled once it stands there.

use super::{
    Effect, Now, Report, State,
    delivery::{Purpose, Settled},
    messages,
};
use crate::{
    channel::Origin,
    chat::{ChatOp, Post, PostFailure, PostKey},
    external::Speaker,
    snowflake::MessageId,
};

/// How many bytes of answer may follow one message: a hundred messages of Discord's, which nobody reads.
const MOST_ANSWER_BYTES: usize = 200_000;

impl State {
    /// Posts a text, as a reply to `to`. Without `to` it belongs to the running turn, if there is one.
    pub(super) fn say(&mut self, to: Option<Origin>, text: String) {
        let origin = to.or(self.turn.as_ref().map(|turn| turn.origin));
        let post = Post::text(text).replying_to(to.and_then(Origin::message));
        let purpose = self.purpose(origin);
        self.post(post, purpose);
    }

    /// Posts a text about a message, without replying to it.
    pub(super) fn say_about(&mut self, origin: Origin, text: String) {
        let purpose = self.purpose(Some(origin));
        self.post(Post::text(text), purpose);
    }

    /// Posts a text that tells of lost tasks.
    pub(super) fn say_lost(&mut self, count: usize, text: String) {
        self.post(Post::text(text), Purpose::TasksLost(count));
    }

    /// Posts a part of Claude's answer, unless there has been too much of it already.
    pub(super) fn say_answer(&mut self, to: Option<Origin>, text: String) {
        let left = MOST_ANSWER_BYTES.checked_sub(self.answer_bytes);
        self.answer_bytes = self.answer_bytes.saturating_add(text.len());
        match left {
            None => {}
            Some(left) if text.len() <= left => self.say(to, text),
            Some(left) => {
                self.say(to, text[..text.floor_char_boundary(left)].to_owned());
                self.say(None, messages::answer_too_long());
            }
        }
    }

    /// Has the actor post a report.
    pub(super) fn report(&mut self, report: Report, origin: Origin, speaker: Speaker) {
        let key = self.new_key();
        let purpose = self.purpose(Some(origin));
        self.deliveries.sent(key.clone(), purpose);
        self.effects.push(Effect::Report {
            report,
            key,
            reply_to: origin.message(),
            speaker,
        });
    }

    /// Shows that the bot is typing, or does so no more.
    pub(super) fn typing(&mut self, on: bool) {
        let channel = self.channel;
        self.effects
            .push(Effect::Chat(ChatOp::Typing { channel, on }));
    }

    /// Puts a post under a key of its own.
    fn post(&mut self, post: Post, purpose: Purpose) {
        let key = self.new_key();
        self.put(key, post, Vec::new(), purpose);
    }

    /// Puts a post.
    pub(super) fn put(
        &mut self,
        key: PostKey,
        post: Post,
        known: Vec<MessageId>,
        purpose: Purpose,
    ) {
        self.deliveries.sent(key.clone(), purpose);
        self.effects.push(Effect::Chat(ChatOp::Put {
            channel: self.channel,
            key,
            post: Box::new(post),
            known,
        }));
    }

    fn new_key(&mut self) -> PostKey {
        PostKey::new(&(self.ids)())
    }

    /// What a post about this is for: a turn that is open on record waits for it.
    fn purpose(&self, origin: Option<Origin>) -> Purpose {
        let message = origin.and_then(Origin::message);
        let is_open = |message: &MessageId| {
            let record = self.record.as_ref();
            record.is_some_and(|record| record.has_open_turn(*message))
        };
        message
            .filter(is_open)
            .map_or(Purpose::Other, Purpose::Turn)
    }

    /// A turn, or a command, is over, and all that is to be said about it has been.
    pub(super) fn finish(&mut self, origin: Origin) {
        if let Some(message) = origin.message() {
            let settled = self.deliveries.finish(message);
            self.settle(settled);
        }
    }

    /// A post stands in the channel, or never will.
    pub(super) fn delivered(
        &mut self,
        key: &PostKey,
        messages: &[MessageId],
        failure: Option<PostFailure>,
        now: Now,
    ) {
        self.note_posted(key, messages, now);
        let settled = self.deliveries.delivered(key, messages, failure);
        self.settle(settled);
    }

    fn settle(&mut self, settled: Option<Settled>) {
        match settled {
            None => {}
            Some(Settled::Turn { message, replies }) => {
                self.unsaved_replies.extend(replies);
                let record = self.record.as_mut();
                self.is_dirty |= record.is_some_and(|record| record.close_turn(message));
            }
            Some(Settled::CutOffNotice(message)) => {
                let record = self.record.as_mut();
                self.is_dirty |= record.is_some_and(|record| record.told_cut_off(message));
            }
            Some(Settled::TasksLost(count)) => self.recovery.losses_told(count),
        }
    }
}
