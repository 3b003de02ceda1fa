//! The rest of a long answer: texts that share one post, so that they do not flood the channel. It grows until the turn
//! ends; then what is too long for the channel becomes a file.

use super::{State, answer_progress::Growing, messages};
use crate::chat::{ChatOp, Post};

/// How much of one answer is kept.
const MOST_BYTES: usize = 1_000_000;

impl State {
    pub(super) fn add_to_rest(&mut self, text: &str) {
        if self.answer.rest.is_cut {
            return;
        }
        let Some(mut post) = self.answer.rest.post.take() else {
            let mut post = Growing {
                key: self.new_key(),
                reply_to: None,
                text: text.to_owned(),
                is_put: true,
                is_void: false,
            };
            self.cut_rest(&mut post.text);
            self.begin_growing(&post);
            self.answer.rest.post = Some(post);
            return;
        };
        let before = post.text.len();
        post.text.push_str("\n\n");
        post.text.push_str(text);
        self.cut_rest(&mut post.text);
        self.chat(ChatOp::Append {
            channel: self.channel,
            key: post.key.clone(),
            text: post.text[before..].to_owned(),
        });
        self.answer.rest.post = Some(post);
    }

    fn cut_rest(&mut self, text: &mut String) {
        if text.len() > MOST_BYTES {
            text.truncate(text.floor_char_boundary(MOST_BYTES));
            self.answer.rest.is_cut = true;
        }
    }

    /// Puts the rest as final; no more of it will arrive.
    pub(super) fn end_rest(&mut self) {
        let rest = std::mem::take(&mut self.answer.rest);
        let Some(post) = rest.post else { return };
        let purpose = self.purpose_of_answer(self.answered_turn().map(|turn| turn.origin));
        self.put(post.key, Post::answer(post.text), Vec::new(), purpose);
        if rest.is_cut {
            self.say(None, messages::ANSWER_TOO_LONG);
        }
    }
}
