//! Removes secrets from what is sent.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{page::Page, stream};
use crate::{
    chat::{Body, Control, Post, PostKey, split_colors},
    discord::render,
    redact::{Kind, Redactor},
    snowflake::ChannelId,
};

/// For how many posts the text before them is remembered.
const REMEMBERED: usize = 100;

/// Redacts the posts of one channel. Each version of a post is redacted as a whole and after the text before it, so that
/// no secret escapes by being split between two messages or posts.
pub(super) struct PostRedactor {
    channel: ChannelId,
    redactor: Arc<Redactor>,
    /// The end of the last post, as far back as a secret may begin.
    tail: String,
    tail_before: HashMap<PostKey, String>,
}

impl PostRedactor {
    pub(super) fn new(redactor: &Arc<Redactor>, channel: ChannelId) -> Self {
        Self {
            channel,
            redactor: Arc::clone(redactor),
            tail: String::new(),
            tail_before: HashMap::new(),
        }
    }

    /// The post without secrets and control sequences. The log says what was found, never its value.
    pub(super) fn redact(&mut self, key: &PostKey, mut post: Post) -> Post {
        let before = self.before(key);
        let mut texts = Vec::new();
        let is_answer = matches!(post.body, Body::Answer(_));
        match &mut post.body {
            Body::Text(text) | Body::Answer(text) => {
                clean(text);
                // Colors may stand within a secret.
                let (bare, colors) = split_colors(text);
                self.tail = self.redactor.tail(&before, &bare);
                let redacted = self.redactor.redact_around(&before, &bare, &colors);
                self.log(&redacted.kinds);
                *text = redacted.text.into_owned();
                if is_answer {
                    stream::hide_partial_secret(&self.redactor, text);
                }
            }
            Body::Card(card) => {
                texts.extend([&mut card.title, &mut card.text, &mut card.footer]);
                let fields = card.fields.iter_mut();
                texts.extend(fields.flat_map(|field| [&mut field.name, &mut field.value]));
                for text in &mut texts {
                    clean(text);
                }
            }
        }
        for control in post.controls.iter_mut().flatten() {
            match control {
                Control::Button(button) => texts.push(&mut button.label),
                Control::Menu(menu) => {
                    texts.push(&mut menu.placeholder);
                    let options = menu.options.iter_mut();
                    texts.extend(options.flat_map(|it| [&mut it.label, &mut it.description]));
                }
            }
        }
        for file in &mut post.files {
            texts.push(&mut file.name);
            let kinds;
            (file.content, kinds) = self.redactor.redact_file(std::mem::take(&mut file.content));
            self.log(&kinds);
        }
        for text in texts {
            self.hide("", text);
        }
        post
    }

    /// The end of the text before the post with this key.
    pub(super) fn before(&mut self, key: &PostKey) -> String {
        if self.tail_before.len() >= REMEMBERED && !self.tail_before.contains_key(key) {
            self.tail_before.clear();
        }
        let before = self.tail_before.entry(key.clone());
        before.or_insert_with(|| self.tail.clone()).clone()
    }

    /// Keeps what is known of these posts alone. The others get no further version.
    pub(super) fn forget(&mut self, is_kept: impl Fn(&PostKey) -> bool) {
        self.tail_before.retain(|key, _| is_kept(key));
        self.tail_before.shrink_to_fit();
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Redacts pages once more: Markdown that Discord does not know may have held the parts of a secret apart.
    pub(super) fn redact_pages(&self, pages: Vec<Page>) -> Vec<Page> {
        let redacted = pages.into_iter().flat_map(|mut page| {
            if self.hide("", &mut page.text) {
                page.split()
            } else {
                vec![page]
            }
        });
        redacted.collect()
    }

    fn log(&self, kinds: &BTreeSet<Kind>) {
        for kind in kinds {
            tracing::warn!(channel = %self.channel, %kind, "a secret was redacted from a post");
        }
    }

    /// Redacts a text. Returns whether it held a secret.
    fn hide(&self, before: &str, text: &mut String) -> bool {
        let redacted = self.redactor.redact_after(before, text);
        self.log(&redacted.kinds);
        let holds_secret = !redacted.kinds.is_empty();
        if holds_secret {
            *text = redacted.text.into_owned();
        }
        holds_secret
    }
}

/// `text` without secrets, cut to `longest` characters.
pub(super) fn redact(redactor: &Redactor, text: &str, longest: usize) -> String {
    let redacted = redactor.redact(text);
    for kind in &redacted.kinds {
        tracing::warn!(%kind, "a secret was redacted");
    }
    redacted.text.chars().take(longest).collect()
}

/// Takes control sequences out before secrets are looked for, since they may stand within one.
fn clean(text: &mut String) {
    if let Cow::Owned(cleaned) = render::clean(text) {
        *text = cleaned;
    }
}

#[cfg(test)]
mod tests;
