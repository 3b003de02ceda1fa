//! What is around a message: who its ids name, what was said before it, and what is still to be looked up.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::snowflake::{ChannelId, MessageId, UserId};

/// Another message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub author: UserId,
    /// The author's display name.
    pub name: String,
    /// Whether the bot wrote it.
    pub is_own: bool,
    pub text: String,
}

/// Whom or what an id in the words names. Not sanitized.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub kind: NamedKind,
    pub id: u64,
    /// `None` for the bot itself.
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NamedKind {
    User,
    Channel,
    Role,
}

/// Messages of the channel before the one that is asked: those since Claude's last turn that did not address it, or the
/// conversation of a session that is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meanwhile {
    /// The newest messages of those who may talk to the bot, oldest first. Only a conversation has Claude's own.
    pub messages: Vec<Quote>,
    /// How many older ones are left out.
    pub older: usize,
    /// How many are from others.
    pub by_others: usize,
}

impl Meanwhile {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why the message replied to is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LostQuote {
    Deleted,
    /// It could not be loaded.
    NotLoaded,
    /// It holds nothing that a bot can read.
    Empty,
}

/// What the service did not deliver with the message, and is looked up before its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// The message replied to.
    pub quote: Option<(ChannelId, MessageId)>,
    /// The message that the thread was started from.
    pub starter: Option<(ChannelId, MessageId)>,
    /// The message itself, which holds something that was not delivered.
    pub itself: bool,
    /// What was said before it.
    pub meanwhile: bool,
}

/// The ids that `<@1>`, `<@!1>`, `<#2>` and `<@&3>` in a text name.
pub fn named_ids(text: &str) -> BTreeSet<(NamedKind, u64)> {
    let mut ids = BTreeSet::new();
    for (at, _) in text.match_indices('<') {
        if let Some((kind, id, _)) = mention(&text[at..]) {
            ids.insert((kind, id));
        }
    }
    ids
}

/// Whether a text has mentions and nothing else.
pub fn has_only_mentions(text: &str) -> bool {
    let mut rest = text.trim();
    while let Some((_, _, after)) = mention(rest) {
        rest = after.trim_start();
    }
    rest.is_empty() && !text.trim().is_empty()
}

/// A mention at the beginning of a text, and what follows it.
fn mention(text: &str) -> Option<(NamedKind, u64, &str)> {
    let (inside, after) = text.strip_prefix('<')?.split_once('>')?;
    let (kind, id) = if let Some(id) = inside.strip_prefix("@&") {
        (NamedKind::Role, id)
    } else if let Some(id) = inside.strip_prefix('@') {
        (NamedKind::User, id.strip_prefix('!').unwrap_or(id))
    } else {
        (NamedKind::Channel, inside.strip_prefix('#')?)
    };
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    Some((kind, id.parse().ok().filter(|_| is_id)?, after))
}

#[cfg(test)]
mod tests;
