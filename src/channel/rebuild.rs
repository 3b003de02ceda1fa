//! A conversation that the CLI has lost, put together from the channel's messages.
//!
//! Pure. What people wrote is always marked as theirs. Of the bot's posts, only those with Claude's words stand as Claude's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    claude::transcript::{Author, Block, Entry},
    external::{Context, Excerpt, ExcerptMessage, Meanwhile, Quote, REBUILT, is_blank, wrap},
    registry::record::rfc3339,
    snowflake::{MessageId, UserId},
};

/// How many messages are fetched: as many as Discord gives at once.
pub(super) const MESSAGES: u8 = 100;

/// The longest conversation, in characters. Of a longer one the end is kept.
const ALL: usize = 40_000;

/// A conversation to rebuild.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rebuild {
    /// The id of the new session.
    pub(crate) session: String,
    pub(crate) history: Excerpt,
    /// Sessions that were rebuilt before, by the fingerprint of what they began with.
    pub(crate) earlier: BTreeMap<String, String>,
    /// Whether the conversation comes with the next message, because the CLI did not take the transcript.
    pub(crate) is_quoted: bool,
}

/// What has become of it.
#[derive(Debug)]
pub(crate) enum Rebuilt {
    /// Nothing was said here.
    Nothing,
    /// The CLI can resume this session.
    Transcript {
        session: String,
        fingerprint: String,
        messages: usize,
    },
    /// It comes with the next message.
    Quoted {
        conversation: Meanwhile,
        messages: usize,
    },
}

#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// Oldest first. What Claude wrote in several posts is one message.
    said: Vec<ExcerptMessage>,
    /// How many messages it was put together from.
    pub(super) messages: usize,
    older: usize,
    by_others: usize,
}

impl Conversation {
    /// The conversation in a channel's messages. `answers` are the bot's posts with Claude's words.
    pub(super) fn of(history: Excerpt, answers: &BTreeSet<MessageId>) -> Self {
        let is_said = |message: &ExcerptMessage| match message.author {
            Some(_) => !is_blank(&message.text) || !message.files.is_empty(),
            None => !is_blank(&message.text) && answers.contains(&message.id),
        };
        let messages = history.messages.into_iter();
        let mut said: Vec<_> = messages.filter(is_said).map(with_files).collect();
        let mut left = ALL;
        let fits = |message: &&ExcerptMessage| {
            let rest = left.checked_sub(message.text.chars().count());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let messages = said.iter().rev().take_while(fits).count();
        let older = said.len() - messages;
        said.drain(..older);
        said.dedup_by(|next, before| {
            let is_one = next.author.is_none() && before.author.is_none();
            if is_one {
                before.text = format!("{}\n\n{}", before.text, next.text);
            }
            is_one
        });
        Self {
            said,
            messages,
            older,
            by_others: history.left_out,
        }
    }

    /// Whether Claude or somebody who may talk to it said anything.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// The same for the same words of the same people, in every version of the bot.
    pub(super) fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        for message in &self.said {
            // No user has the id 0.
            let author = message.author.as_ref().map_or(0, |speaker| speaker.id.0);
            hasher.update(author.to_le_bytes());
            let length = u64::try_from(message.text.len()).unwrap_or(u64::MAX);
            hasher.update(length.to_le_bytes());
            hasher.update(&message.text);
        }
        HEXLOWER.encode(&hasher.finalize()[..16])
    }

    /// The conversation as the CLI would have written it down.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for message in &self.said {
            let (author, texts) = match &message.author {
                Some(speaker) => (
                    Author::User,
                    wrap(speaker, &Context::default(), &message.text),
                ),
                None => (Author::Claude, vec![message.text.clone()]),
            };
            let at = rfc3339(message.sent_at);
            if entries.is_empty() {
                entries.push(entry(Author::User, at.clone(), vec![self.note()]));
            }
            match entries.last_mut() {
                Some(last) if author == Author::User && last.author == author => {
                    last.blocks.extend(texts.into_iter().map(Block::Text));
                }
                _ => entries.push(entry(author, at, texts)),
            }
        }
        entries
    }

    /// What precedes the conversation.
    fn note(&self) -> String {
        let mut note = format!("{REBUILT}\n");
        for (count, kind, why) in [
            (self.older, "earlier message", ""),
            (
                self.by_others,
                "message",
                " of others, who may not talk to you",
            ),
        ] {
            if count > 0 {
                let plural = if count == 1 { "" } else { "s" };
                let _infallible = writeln!(note, "Left out: {count} {kind}{plural}{why}.");
            }
        }
        note
    }

    /// The conversation as it is quoted in a message.
    pub(super) fn quoted(self) -> Meanwhile {
        let quote = |message: ExcerptMessage| {
            let is_own = message.author.is_none();
            let (author, name) = message
                .author
                .map_or((UserId(0), String::new()), |it| (it.id, it.name));
            Quote {
                author,
                name,
                is_own,
                text: message.text,
            }
        };
        Meanwhile {
            messages: self.said.into_iter().map(quote).collect(),
            older: self.older,
            by_others: self.by_others,
        }
    }
}

/// The message with the names of a person's files in its text.
fn with_files(mut message: ExcerptMessage) -> ExcerptMessage {
    let files = std::mem::take(&mut message.files);
    for file in files.iter().filter(|_| message.author.is_some()) {
        let separator = if message.text.is_empty() { "" } else { "\n" };
        let _infallible = write!(message.text, "{separator}File: {file}");
    }
    message
}

fn entry(author: Author, at: String, texts: Vec<String>) -> Entry {
    Entry {
        uuid: Uuid::new_v4().to_string(),
        at,
        author,
        blocks: texts.into_iter().map(Block::Text).collect(),
    }
}

#[cfg(test)]
mod tests;
