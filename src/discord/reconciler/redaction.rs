//! Takes secrets out of posts before they go out.

use std::{collections::HashMap, sync::Arc};

use crate::{
    chat::{Body, Control, Post, PostKey},
    redact::Redactor,
    snowflake::ChannelId,
};

/// How many posts the text before them is remembered of.
const REMEMBERED: usize = 100;

/// Redacts the posts of one channel. Each version of a post is redacted as a whole, so that no secret is hidden by the
/// cut between two messages, and as read after the posts before it.
pub(super) struct PostRedactor {
    channel: ChannelId,
    redactor: Arc<Redactor>,
    /// The end of what was posted last, as far as a secret may begin in it.
    tail: String,
    /// The tail before each of the last posts.
    before: HashMap<PostKey, String>,
}

impl PostRedactor {
    pub(super) fn new(redactor: &Arc<Redactor>, channel: ChannelId) -> Self {
        Self {
            channel,
            redactor: Arc::clone(redactor),
            tail: String::new(),
            before: HashMap::new(),
        }
    }

    /// A version of a post, as it may be read there. The log is told what was found, never its value.
    pub(super) fn redact(&mut self, key: &PostKey, mut post: Post) -> Post {
        let before = match self.before.get(key) {
            Some(before) => before.clone(),
            None => {
                if self.before.len() >= REMEMBERED {
                    self.before.clear();
                }
                self.before.insert(key.clone(), self.tail.clone());
                self.tail.clone()
            }
        };
        match &mut post.body {
            Body::Text(text) => {
                self.tail = self.redactor.tail(&before, text);
                self.hide(&before, text);
            }
            Body::Card(card) => {
                for text in [&mut card.title, &mut card.text, &mut card.footer] {
                    self.hide("", text);
                }
                for field in &mut card.fields {
                    self.hide("", &mut field.name);
                    self.hide("", &mut field.value);
                }
            }
        }
        for control in post.controls.iter_mut().flatten() {
            match control {
                Control::Button(button) => self.hide("", &mut button.label),
                Control::Menu(menu) => {
                    self.hide("", &mut menu.placeholder);
                    for option in &mut menu.options {
                        self.hide("", &mut option.label);
                        self.hide("", &mut option.description);
                    }
                }
            }
        }
        for file in &mut post.files {
            self.hide("", &mut file.name);
            if let Ok(mut text) = String::from_utf8(std::mem::take(&mut file.content))
                .map_err(|error| file.content = error.into_bytes())
            {
                self.hide("", &mut text);
                file.content = text.into_bytes();
            }
        }
        post
    }

    fn hide(&self, before: &str, text: &mut String) {
        let redacted = self.redactor.redact_after(before, text);
        for kind in &redacted.kinds {
            tracing::warn!(channel = %self.channel, %kind, "a secret was redacted from a post");
        }
        if !redacted.kinds.is_empty() {
            *text = redacted.text.into_owned();
        }
    }
}

#[cfg(test)]
mod tests;
