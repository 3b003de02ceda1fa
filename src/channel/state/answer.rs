//! The answer: what of it is posted, when, and what of that pings.
//!
//! A text that Claude writes grows in its post. Once it is finished, `assistant` replaces what has come of it. It is then
//! put as final as soon as the next event shows whether the turn goes on: only an answer that goes out whole, in one post,
//! pings by itself. A long turn ends with a short message that pings. Of many texts, those in the middle share a post
//! (`rest`).

use super::{
    Now, State, Unsaved,
    answer_progress::{AnswerProgress, Growing},
    messages,
    turn::TurnMachine,
};
use crate::{
    channel::Origin,
    chat::{Body, ChatOp, Post, PostKey, shows_nothing},
    claude::protocol::{ApiEvent, Delta, Json, SessionEvent},
    config::StreamMode,
    registry::state::StoredPost,
    snowflake::MessageId,
};

impl State {
    pub(super) fn stream_mode(&self) -> StreamMode {
        self.choices().stream.unwrap_or(self.config.discord.stream)
    }

    /// Follows what Claude writes in a turn.
    pub(super) fn answer_heard(&mut self, event: &SessionEvent, now: Now) {
        let SessionEvent::Stream(stream) = event else {
            return;
        };
        if stream.is_subagent() {
            return;
        }
        match &stream.event {
            ApiEvent::MessageStart { .. } => {
                self.post_finished(false, now);
                if let Some(growing) = &mut self.answer.growing {
                    growing.is_void = true;
                }
            }
            ApiEvent::BlockStart { .. } => self.post_finished(false, now),
            ApiEvent::Delta {
                delta: Delta::Text(text),
                ..
            } => self.grow(text, now),
            ApiEvent::MessageDelta { stop_reason, .. } => {
                let goes_on = stop_reason.is("tool_use") || stop_reason.is("pause_turn");
                self.post_finished(!goes_on, now);
            }
            _ => {}
        }
    }

    fn grow(&mut self, text: &Json, now: Now) {
        let Some(text) = text.str() else { return };
        if !self.is_own() || self.stream_mode() != StreamMode::Edit || self.answer.is_long(false) {
            return;
        }
        // Reports do not grow.
        let Some(asked) = self.asked_mut() else {
            return;
        };
        asked.first_text.get_or_insert(now.mono);
        let growing = self.answer.growing.take();
        let message = self.turn.as_ref().and_then(|turn| turn.origin.message());
        let mut growing = growing.unwrap_or_else(|| Growing {
            key: self.new_key(),
            reply_to: self.answer.replies_to(message),
            text: String::new(),
            is_put: false,
            is_void: false,
        });
        if std::mem::take(&mut growing.is_void) {
            growing.text.clear();
            growing.is_put = false;
        }
        growing.text.push_str(&text);
        if growing.is_put {
            self.chat(ChatOp::Append {
                channel: self.channel,
                key: growing.key.clone(),
                text: text.into_owned(),
            });
            // What came before shows nothing.
        } else if !shows_nothing(&text) {
            growing.is_put = true;
            self.begin_growing(&growing);
        }
        self.answer.growing = Some(growing);
    }

    /// Puts the first words of a text. Nothing is settled by their delivery.
    pub(super) fn begin_growing(&mut self, growing: &Growing) {
        let message = self.turn.as_ref().and_then(|turn| turn.origin.message());
        let post = Post {
            body: Body::Answer(growing.text.clone()),
            reply_to: self.replies_to(growing.reply_to),
            ..Post::default()
        };
        self.chat(ChatOp::Put {
            channel: self.channel,
            key: growing.key.clone(),
            post: Box::new(post),
            known: Vec::new(),
        });
        if let (Some(record), Some(_)) = (&mut self.record, message) {
            record.state.put_post(StoredPost {
                key: growing.key.as_str().to_owned(),
                answers: message,
                ..StoredPost::default()
            });
            self.unsaved = Unsaved::Passing;
        }
    }

    /// Claude has finished a text.
    pub(super) fn answer_finished(&mut self, text: String, now: Now) {
        if self.stream_mode() == StreamMode::Final || !self.is_own() {
            let before = self.answer.finished.take();
            let before = before.filter(|before| !shows_nothing(before));
            self.answer.finished = Some(match before {
                Some(before) => before + "\n\n" + &text,
                None => text,
            });
        } else {
            self.post_finished(false, now);
            self.answer.finished = Some(text);
        }
        // A report that pings waits for the next event, which shows whether this is all of it.
        if !self.is_asked() && self.message_of_task(now).is_none() {
            self.post_finished(false, now);
        }
    }

    /// The turn continues with a tool call.
    pub(super) fn answer_goes_on(&mut self, now: Now) {
        self.post_finished(false, now);
        // In this mode nobody wants to see the texts before tool calls.
        self.answer.finished = None;
    }

    /// Whether what Claude writes is certain to be about the message that was asked, if there is one.
    fn is_own(&self) -> bool {
        let asked = self.turn.as_ref().and_then(TurnMachine::asked);
        asked.is_none_or(|asked| asked.is_own)
    }

    /// Posts a finished text. `is_last` says whether the turn ends with it.
    fn post_finished(&mut self, is_last: bool, now: Now) {
        if !self.is_own() || self.stream_mode() == StreamMode::Final && !is_last {
            return;
        }
        if let Some(text) = self.answer.finished.take() {
            let growing = self.answer.growing.take();
            self.post_answer(growing, text, is_last, now);
        }
    }

    fn post_answer(&mut self, growing: Option<Growing>, text: String, is_last: bool, now: Now) {
        if shows_nothing(&text) {
            return;
        }
        if growing.is_none() && self.answer.is_long(is_last) {
            return self.add_to_rest(&text);
        }
        let shown = text.len().min(self.config.discord.long_answer_chars);
        let (origin, began) = self
            .answered_turn()
            .map(|turn| (turn.origin, turn.began))
            .unzip();
        let may_ping =
            began.is_none_or(|began| now.mono - began <= self.config.discord.notify_after);
        let asked = origin.and_then(Origin::message);
        let answers = match origin {
            Some(_) => asked,
            None => self.message_of_task(now),
        };
        let (key, reply_to) = match growing {
            Some(growing) => (growing.key, growing.reply_to.and(asked)),
            None => (self.new_key(), self.answer.replies_to(answers)),
        };
        let notify = answers.is_some() && self.answer.posts == 0 && is_last && may_ping;
        self.answer.has_pinged |= notify;
        self.answer.posts += 1;
        self.answer.bytes += shown;
        if notify && origin.is_none() {
            self.background.pinged();
        }
        if let Some(message) = asked.filter(|_| is_last) {
            self.mark_answered(message);
        }
        let post = Post {
            reply_to,
            notify,
            ..Post::answer(text)
        };
        let purpose = self.purpose_of_answer(origin);
        self.put(key, post, Vec::new(), purpose);
    }

    /// The turn to which what is posted belongs, unless it is a report.
    pub(super) fn answered_turn(&self) -> Option<&TurnMachine> {
        let turn = self.turn.as_ref().filter(|_| !self.answer.is_report);
        turn.filter(|turn| turn.asked().is_some())
    }

    /// Posts the rest of the text; no more will arrive. `is_whole` says whether the turn has ended by itself.
    pub(super) fn end_answer(&mut self, is_whole: bool, now: Now) {
        if let Some(text) = self.answer.finished.take() {
            let growing = self.answer.growing.take();
            self.post_answer(growing, text, is_whole, now);
        }
        let growing = self.answer.growing.take();
        if let Some(mut growing) = growing.filter(|growing| growing.is_put) {
            let text = std::mem::take(&mut growing.text);
            self.post_answer(Some(growing), text, false, now);
        }
        self.end_rest();
    }

    /// Posts what turned out to be a report.
    pub(super) fn end_report(&mut self, now: Now) {
        self.answer.is_report = true;
        self.end_answer(false, now);
        self.answer = AnswerProgress::default();
    }

    /// Whether anything of the answer has been posted.
    pub(super) fn has_answered(&self) -> bool {
        self.answer.posts > 0
    }

    /// Pings the person at the end of a long turn.
    pub(super) fn ping_at_end(&mut self, turn: &TurnMachine, now: Now) {
        let took = now.mono - turn.began;
        if took > self.config.discord.notify_after
            && !self.answer.has_pinged
            && turn.origin.message().is_some()
        {
            self.say_at_end(turn.origin, messages::done_in(took));
        }
    }

    /// Says how a turn has ended. That pings, unless the answer has.
    pub(super) fn say_at_end(&mut self, origin: Origin, text: String) {
        if self.answer.claim_ping() {
            self.say(Some(origin), text);
        } else {
            self.say_quietly(Some(origin), text);
        }
    }

    /// A post was delivered in its last version: the answer in it is complete.
    pub(super) fn answer_delivered(&mut self, key: &PostKey) {
        if let Some(record) = &mut self.record {
            let posts = &mut record.state.posts;
            let is_it = |post: &mut StoredPost| post.answers.is_some() && post.key == key.as_str();
            if posts.extract_if(.., is_it).count() > 0 {
                self.unsaved = Unsaved::Passing;
            }
        }
    }

    /// Removes what an earlier run of the bot has left of an answer, because the message is run again.
    pub(super) fn remove_partial_answer(&mut self, message: MessageId) {
        let Some(record) = &mut self.record else {
            return;
        };
        let is_it = |post: &mut StoredPost| post.answers == Some(message);
        let left: Vec<StoredPost> = record.state.posts.extract_if(.., is_it).collect();
        for post in left {
            self.is_dirty = true;
            self.chat(ChatOp::Remove {
                channel: self.channel,
                key: PostKey::new(&post.key),
                known: post.messages,
            });
        }
    }
}
