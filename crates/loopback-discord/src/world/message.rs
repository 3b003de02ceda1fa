//! Messages.

use serde_json::Value;

use super::Allowed;
use crate::Snowflake;

/// A message as it stands.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id; ids strictly increase in the order in which messages are made.
    pub id: Snowflake,
    /// The channel it is in.
    pub channel: Snowflake,
    /// Who wrote it.
    pub author: Snowflake,
    /// Its text, without leading and trailing white space.
    pub content: String,
    /// The texts it had before its edits, oldest first.
    pub history: Vec<String>,
    /// When it was last edited, in milliseconds since the Unix epoch.
    pub edited: Option<u64>,
    /// The message it answers.
    pub reply_to: Option<Snowflake>,
    /// The users it pings.
    pub mentions: Vec<Snowflake>,
    /// The roles it pings.
    pub mention_roles: Vec<Snowflake>,
    /// Whether it pings everyone.
    pub mention_everyone: bool,
    /// Files on it.
    pub attachments: Vec<Attachment>,
    /// Embeds, as sent.
    pub embeds: Vec<Value>,
    /// Component rows, as sent.
    pub components: Vec<Value>,
    /// Reactions on it.
    pub reactions: Vec<Reaction>,
    /// The nonce it was sent with.
    pub nonce: Option<Value>,
    /// The interaction it responds to or follows up.
    pub interaction: Option<Snowflake>,
    /// The one user who sees it, if it is ephemeral.
    pub ephemeral_to: Option<Snowflake>,
    /// Whether it is a deferred response that has not been filled in yet ("is thinking").
    pub loading: bool,
    /// Whether its links are not to be unfolded (flag 4).
    pub suppress_embeds: bool,
}

/// A file on a message. The loopback keeps what it was called and how big it was, not the bytes.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its id.
    pub id: Snowflake,
    /// Its file name.
    pub name: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its media type, if one was sent.
    pub content_type: Option<String>,
}

/// One emoji on a message.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// The emoji: itself, or `name:id` for a guild's own.
    pub emoji: String,
    /// Who put it there.
    pub users: Vec<Snowflake>,
}

/// A message about to be made, checked.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) content: String,
    pub(crate) reply_to: Option<Snowflake>,
    pub(crate) allowed: Allowed,
    /// Name, size and media type of each file.
    pub(crate) files: Vec<(String, usize, Option<String>)>,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) nonce: Option<Value>,
    pub(crate) interaction: Option<Snowflake>,
    pub(crate) ephemeral_to: Option<Snowflake>,
    pub(crate) loading: bool,
    pub(crate) suppress_embeds: bool,
}

impl Message {
    /// When it was made, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.id.unix_ms()
    }

    /// Whether a component with this `custom_id` is on it and can be used.
    #[must_use]
    pub fn has_component(&self, custom_id: &str) -> bool {
        self.component(custom_id).is_some()
    }

    /// The component with this `custom_id`, unless it is disabled.
    pub(crate) fn component(&self, custom_id: &str) -> Option<&Value> {
        self.components
            .iter()
            .filter_map(|row| row["components"].as_array())
            .flatten()
            .find(|component| component["custom_id"] == custom_id && component["disabled"] != true)
    }
}
