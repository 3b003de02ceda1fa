//! What belongs to a message besides its text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::snowflake::MessageId;

use super::{FileContent, LostQuote, Meanwhile, Named, Quote, Wanted, is_blank};

/// How many files of a message Claude is told of.
const FILES: usize = 30;

/// What belongs to a message besides its text. Nothing in it is sanitized.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// The title of the thread.
    pub thread: Option<String>,
    /// The tags of the forum post.
    pub tags: Vec<String>,
    /// The message that the thread was started from.
    pub starter: Option<Quote>,
    /// Whether it is left out, because its author may not talk to the bot.
    pub starter_left_out: bool,
    /// The id of the message it replies to.
    pub replied: Option<MessageId>,
    /// The message it replies to.
    pub quote: Option<Quote>,
    /// Where the quote is found, if it was asked about and not replied to.
    pub quoted_from: Option<String>,
    /// Why there is no quote, or nothing in it.
    pub lost_quote: Option<LostQuote>,
    /// The texts of forwarded messages.
    pub forwards: Vec<String>,
    /// What the message shows besides its text: embeds, a poll, components.
    pub shown: Vec<String>,
    /// The names of its stickers.
    pub stickers: Vec<String>,
    /// Who the ids in the words name.
    pub names: Vec<Named>,
    /// What was said before it.
    pub meanwhile: Meanwhile,
    /// The message's own files, then the quote's, then those of the forwarded messages.
    pub files: Vec<File>,
    /// What is still missing.
    pub wanted: Wanted,
    /// Whether somebody had it run again, and Claude may have worked on it before.
    pub is_rerun: bool,
    /// Whether what was said before it is the whole conversation, which the session has lost.
    pub is_rebuilt: bool,
}

/// A file attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub name: String,
    /// As Discord reports it.
    pub media_type: Option<String>,
    /// In bytes, as Discord reports it.
    pub size: u64,
    pub origin: FileOrigin,
    pub is_voice: bool,
    pub state: FileState,
}

/// The message a file is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileOrigin {
    Message,
    /// The message replied to.
    Quote,
    /// The message that the thread was started from.
    Starter,
    /// A forwarded message.
    Forward,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// It can be fetched from this URL.
    Offered(String),
    /// It is in the workspace, at this relative path.
    Saved {
        path: String,
        content: FileContent,
    },
    Skipped(SkipReason),
}

/// Why a file was not fetched, as shown to Claude and the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SkipReason {
    #[error("attachments are turned off")]
    Disabled,
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    #[error("more than {0} files in one message")]
    TooMany(usize),
    #[error("not on Discord's file servers")]
    UntrustedServer,
    #[error("Discord's file server answered {0}")]
    HttpStatus(u16),
    #[error("Discord's file server could not be reached")]
    Unreachable,
    #[error("the download took too long")]
    TimedOut,
    #[error("it could not be saved")]
    NotSaved,
}

impl Context {
    /// Whether there is nothing but the text and stickers, which ask for nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.forwards.is_empty() && self.shown.is_empty()
    }

    /// Whether a file is still to be fetched.
    pub fn has_offers(&self) -> bool {
        let is_offer = |file: &File| matches!(file.state, FileState::Offered(_));
        self.files.iter().any(is_offer)
    }

    /// The author's own words, unchanged: the typed ones, then the pasted ones that Discord turned into files.
    pub fn words<'a>(&'a self, typed: &'a str) -> Cow<'a, str> {
        let pasted = self
            .seen_files()
            .filter_map(|(_, file)| match file.content() {
                FileContent::Words(words) => Some(words.as_str()),
                _ => None,
            });
        let typed = (!is_blank(typed)).then_some(typed);
        let parts: Vec<_> = typed.into_iter().chain(pasted).collect();
        match parts[..] {
            [] => Cow::Borrowed(""),
            [only] => Cow::Borrowed(only),
            _ => Cow::Owned(parts.join("\n\n")),
        }
    }

    /// The pictures and PDFs, in the order of the files.
    pub fn media(&self) -> impl Iterator<Item = &FileContent> {
        self.seen_files()
            .map(|(_, file)| file.content())
            .filter(|content| matches!(content, FileContent::Image(_) | FileContent::Document(_)))
    }

    /// The files that Claude is told of, numbered from 1.
    pub(super) fn seen_files(&self) -> impl Iterator<Item = (usize, &File)> {
        (1..=FILES).zip(&self.files)
    }
}

impl File {
    /// What the message itself holds of it.
    pub fn content(&self) -> &FileContent {
        match &self.state {
            FileState::Saved { content, .. } => content,
            FileState::Offered(_) | FileState::Skipped(_) => &FileContent::None,
        }
    }
}

/// All that a message shows as one text: its words, what else it shows, its stickers and what it forwards.
pub fn as_one_text<'a>(
    words: &str,
    shown: impl IntoIterator<Item = String>,
    stickers: impl IntoIterator<Item = &'a str>,
    forwards: impl IntoIterator<Item = String>,
) -> String {
    let words = (!words.is_empty()).then(|| words.to_owned());
    let stickers = stickers.into_iter();
    let stickers = stickers.map(|name| format!("Sticker: {name}"));
    let forwards = forwards.into_iter();
    let forwards = forwards.map(|forwarded| format!("Forwarded: {forwarded}"));
    let parts = words.into_iter().chain(shown).chain(stickers);
    parts.chain(forwards).collect::<Vec<_>>().join("\n")
}
