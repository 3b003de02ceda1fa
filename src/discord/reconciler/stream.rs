//! The part of a growing answer that can be shown.

use std::ops::Range;

use super::page::Page;
use crate::{
    chat::{Post, SettledText, split_colors},
    discord::render::{AnswerLimits, AnswerRenderer},
    redact::{MARK, Redactor},
};

/// How many characters of a secret may stand in a channel until the rest shows that they belong to one.
const MOST_OF_SECRET: usize = 8;

/// What is put around an end of text that is cut off.
const CLOSING_MARKS: &[char] = &['`', '*', '_', '~', '|', ' ', '\n', '\u{200b}'];

/// A post that is an answer and still grows. Each byte of it is looked at a bounded number of times.
pub(super) struct Stream {
    /// What it replies to.
    page: Page,
    text: SettledText,
    answer: AnswerRenderer,
    shown: Vec<String>,
    /// Whether text has come that the pages lack.
    is_stale: bool,
}

impl Stream {
    /// Begins with a post whose text is `text`, after the text `before`.
    pub(super) fn new(post: &Post, text: &str, before: String, limits: &AnswerLimits) -> Self {
        Self {
            page: Page {
                reply_to: post.reply_to,
                notify: post.notify && post.reply_to.is_some(),
                is_answer: true,
                ..Page::default()
            },
            text: SettledText::new(text, before),
            answer: AnswerRenderer::new(limits),
            shown: Vec::new(),
            is_stale: true,
        }
    }

    pub(super) fn append(&mut self, text: &str) {
        self.text.append(text);
        self.is_stale = true;
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The pages to show now. One that is followed by another stays as it is, and nothing is taken back before it can stand
    /// on the next one: a version that would do so is left out.
    pub(super) fn pages(&mut self, redactor: &Redactor) -> Vec<Page> {
        self.is_stale = false;
        let text = self.text.take(redactor);
        if !text.is_empty() {
            self.answer.push(&text);
        }
        let mut texts = self.answer.pages();
        for text in &mut texts {
            hold_back(redactor, text);
        }
        let full = self.shown.len().saturating_sub(1);
        let is_shorter = |(text, shown): (&String, &String)| text.len() < shown.len();
        let takes_back = texts.len() == self.shown.len()
            && texts.last().zip(self.shown.last()).is_some_and(is_shorter);
        if texts.len() > full && texts[..full] == self.shown[..full] && !takes_back {
            self.shown = texts;
        }
        self.page.clone().with_texts(self.shown.clone())
    }
}

/// Cuts a page where a secret seems to begin: rendering may have joined its parts.
fn hold_back(redactor: &Redactor, page: &mut String) {
    let (bare, colors) = split_colors(page);
    if let Some(begun) = partial_secret(redactor, &bare) {
        *page = colored(&bare[..begun.start], &colors);
    }
}

/// Hides the end of a whole text that is the beginning of a secret. The marks that close it stay.
pub(super) fn hide_partial_secret(redactor: &Redactor, text: &mut String) {
    let (bare, colors) = split_colors(text);
    if let Some(begun) = partial_secret(redactor, &bare) {
        *text = colored(&bare[..begun.start], &colors) + MARK + &bare[begun.end..];
    }
}

/// The beginning of a secret at the end of a text without colors, if it is too long to be shown. Marks may follow it, or
/// belong to it.
fn partial_secret(redactor: &Redactor, bare: &str) -> Option<Range<usize>> {
    [bare, bare.trim_end_matches(CLOSING_MARKS)]
        .map(|text| redactor.partial_start(text)..text.len())
        .into_iter()
        .find(|begun| bare[begun.clone()].chars().count() > MOST_OF_SECRET)
}

/// A beginning of the text from which `colors` were taken out, with those that belong to it.
fn colored(text: &str, colors: &[(usize, String)]) -> String {
    let (mut colored, mut end) = (String::with_capacity(text.len()), 0);
    for (at, color) in colors.iter().take_while(|(at, _)| *at <= text.len()) {
        colored.push_str(&text[end..*at]);
        colored.push_str(color);
        end = *at;
    }
    colored + &text[end..]
}

#[cfg(test)]
mod tests;
