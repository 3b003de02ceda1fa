//! `!context`: how full the session's context is, and what fills it.
//!
//! The bar comes from the record at once. The CLI, if it runs, counts what fills the context, which takes requests to
//! the API; the post is then completed.

use super::{Now, State, context_post::ContextPost, messages};
use crate::{
    channel::Origin,
    chat::Post,
    claude::protocol::{ContextUsage, Control, ControlResponse},
};

pub(super) const CONTEXT_USAGE: &str = "switchboard-context-usage";

impl State {
    pub(super) fn show_context(&mut self, origin: Origin) {
        let record = self.record.as_ref().filter(|record| !record.is_empty());
        let Some(record) = record else {
            self.say(Some(origin), messages::NO_CONTEXT);
            return;
        };
        let text = messages::context(record.context_tokens, record.state.context_window);
        self.finish_context_post(None);
        if !self.process.is_live() {
            self.say(Some(origin), text);
            return;
        }
        let post = ContextPost {
            key: self.new_key(),
            reply_to: origin.message(),
            text: text.clone(),
        };
        let purpose = self.purpose(Some(origin));
        let shown = Post {
            is_final: false,
            ..Post::text(text).replying_to(post.reply_to)
        };
        self.put(post.key.clone(), shown, Vec::new(), purpose);
        self.context_post = Some(post);
        self.control(CONTEXT_USAGE, Control::GetContextUsage);
    }

    pub(super) fn context_counted(&mut self, response: &ControlResponse, now: Now) {
        let counted: Option<ContextUsage> = response.error.is_none().then(|| response.body.read());
        let counted = counted.filter(|usage| usage.max_tokens > 0);
        if let Some(usage) = &counted {
            let record = self.record_mut(now);
            record.context_tokens = usage.total_tokens;
            record.state.context_window = Some(usage.max_tokens);
            self.is_dirty = true;
        }
        let text = counted.as_ref().map(messages::context_counted);
        self.finish_context_post(text);
    }

    /// Ends the post that waits, with what has been counted or, without an answer, as it is.
    pub(super) fn finish_context_post(&mut self, counted: Option<String>) {
        let Some(waiting) = self.context_post.take() else {
            return;
        };
        let text = counted.unwrap_or(waiting.text);
        let post = Post::text(text).replying_to(waiting.reply_to);
        let purpose = self.purpose(waiting.reply_to.map(Origin::Message));
        self.put(waiting.key, post, Vec::new(), purpose);
    }
}
