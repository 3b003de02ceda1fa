//! Posting, and what follows from delivery.

use super::{Effect, Now, ReportKind, ReportTo, State, delivery::Purpose};
use crate::{
    channel::Origin,
    chat::{ChatOp, Post, PostFailure, PostKey, PostState},
    external::Speaker,
    snowflake::{ChannelId, MessageId},
};

impl State {
    /// Posts a text as a reply to `to` or, without `to`, as a plain post that belongs to the running turn.
    pub(super) fn say(&mut self, to: Option<Origin>, text: impl Into<String>) {
        let origin = to.or(self.turn.as_ref().map(|turn| turn.origin));
        let post = Post::text(text).replying_to(to.and_then(Origin::message));
        let purpose = self.purpose(origin);
        let key = self.new_key();
        self.put(key, post, Vec::new(), purpose);
    }

    /// Posts a notice about the running turn as a reply that does not ping: its end will.
    pub(super) fn say_quietly(&mut self, to: Option<Origin>, text: impl Into<String>) {
        let post = Post {
            notify: false,
            ..Post::text(text).replying_to(to.and_then(Origin::message))
        };
        let purpose = self.purpose(to);
        let key = self.new_key();
        self.put(key, post, Vec::new(), purpose);
    }

    /// Posts a text on which something in the record depends, without a reply.
    pub(super) fn say_for(&mut self, purpose: Purpose, text: String) {
        let key = self.new_key();
        self.put(key, Post::text(text), Vec::new(), purpose);
    }

    /// Has the actor post a report.
    pub(super) fn report(&mut self, report: ReportKind, origin: Origin, speaker: Speaker) {
        let key = self.new_key();
        let purpose = self.purpose(Some(origin));
        self.deliveries.sent(key.clone(), purpose);
        let reply_to = origin.message();
        self.effects.push(Effect::Report {
            report,
            to: ReportTo::Channel { key, reply_to },
            speaker,
        });
    }

    pub(super) fn typing(&mut self, on: bool) {
        let channel = self.channel;
        self.chat(ChatOp::Typing { channel, on });
    }

    pub(super) fn chat(&mut self, op: ChatOp) {
        self.effects.push(Effect::Chat(op));
    }

    /// `known` are the messages of the post if an earlier run of the bot posted it.
    pub(super) fn put(
        &mut self,
        key: PostKey,
        post: Post,
        known: Vec<MessageId>,
        purpose: Purpose,
    ) {
        self.put_in(self.channel, key, post, known, purpose);
    }

    pub(super) fn put_in(
        &mut self,
        channel: ChannelId,
        key: PostKey,
        mut post: Post,
        known: Vec<MessageId>,
        purpose: Purpose,
    ) {
        post.reply_to = self.replies_to(post.reply_to);
        self.deliveries.sent(key.clone(), purpose);
        self.chat(ChatOp::Put {
            channel,
            key,
            post: Box::new(post),
            known,
        });
    }

    pub(super) fn new_key(&mut self) -> PostKey {
        PostKey::new(&(self.ids)())
    }

    /// The purpose of a post about `origin`, which may have an open turn in the record.
    pub(super) fn purpose(&self, origin: Option<Origin>) -> Purpose {
        let message = origin.and_then(Origin::message);
        let is_open = |message: &MessageId| {
            let record = self.record.as_ref();
            record.is_some_and(|record| record.has_open_turn(*message))
        };
        message
            .filter(is_open)
            .map_or(Purpose::Other, Purpose::Turn)
    }

    /// The same of a post with Claude's words.
    pub(super) fn purpose_of_answer(&self, origin: Option<Origin>) -> Purpose {
        match self.purpose(origin) {
            Purpose::Turn(message) => Purpose::Answer(message),
            purpose => purpose,
        }
    }

    /// Everything about a turn or a command has been posted.
    pub(super) fn finish(&mut self, origin: Origin) {
        self.mark_done(origin);
        if let Some(message) = origin.message() {
            let settled = self.deliveries.finish(message);
            self.settle(settled);
        }
    }

    pub(super) fn posted(
        &mut self,
        key: &PostKey,
        messages: &[MessageId],
        state: PostState,
        now: Now,
    ) {
        if state != PostState::Growing && self.deliveries.is_pending(key) {
            self.answer_delivered(key);
        }
        self.note_posted(key, messages, now);
        let failure = match state {
            PostState::Growing => return,
            PostState::Whole => None,
            PostState::Failed(why) => Some(why),
        };
        if self.direct_of(key).is_none() {
            self.note_permission(messages, failure);
            if failure == Some(PostFailure::ChannelGone) {
                self.channel_gone(now);
            }
        }
        self.file_delivered(key, failure);
        self.side_question_settled(key);
        self.approval_posted(key, failure, now);
        let were_many = self.deliveries.are_many();
        let settled = self.deliveries.delivered(key, messages, failure);
        self.settle(settled);
        if were_many {
            self.backlog_shrank(now);
        }
    }

    /// Records which permission the bot lacks here, for `check` and the next start.
    fn note_permission(&mut self, messages: &[MessageId], failure: Option<PostFailure>) {
        let is_thread = self
            .place
            .as_ref()
            .is_some_and(|place| place.parent.is_some());
        let missing = match failure {
            Some(PostFailure::Forbidden(missing)) => Some(missing.name(is_thread).to_owned()),
            None if !messages.is_empty() => None,
            _ => return,
        };
        if let Some(record) = &mut self.record
            && record.state.missing_permission != missing
        {
            record.state.missing_permission = missing;
            self.is_dirty = true;
        }
    }

    /// The permission that the bot lacks here.
    pub(super) fn missing_permission(&self) -> Option<&str> {
        let record = self.record.as_ref()?;
        record.state.missing_permission.as_deref()
    }

    pub(super) fn posting_allowed(&mut self) {
        let record = self.record.as_mut();
        let missing = record.and_then(|record| record.state.missing_permission.take());
        self.is_dirty |= missing.is_some();
    }

    fn settle(&mut self, settled: Option<Purpose>) {
        if let Some(Purpose::Turn(message) | Purpose::CutOffNotice(message)) = settled {
            let replies = self.deliveries.take_replies(message);
            let notices = self.deliveries.take_notices(message);
            let replies = replies.map(|(turn, ids)| (turn, ids, notices));
            self.unsaved_replies.extend(replies);
        }
        let record = self.record.as_mut();
        self.is_dirty |= match settled {
            Some(Purpose::Turn(message)) => record.is_some_and(|record| {
                for other in self.deliveries.take_together(message) {
                    record.close_turn(other);
                }
                record.close_turn(message)
            }),
            Some(Purpose::CutOffNotice(message)) => {
                record.is_some_and(|record| record.told_cut_off(message))
            }
            Some(Purpose::TasksLost(count)) => {
                let losses = &mut self.recovery.losses;
                losses.drain(..count.min(losses.len()));
                false
            }
            Some(Purpose::Answer(_) | Purpose::Other) | None => false,
        };
    }
}
