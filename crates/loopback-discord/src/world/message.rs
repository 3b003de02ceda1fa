//! Messages as the world stores them, before `wire` gives them Discord's form.

use serde_json::Value;

use super::{Allowed, NewFile, Poll};
use crate::Snowflake;

/// The current state of a message.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field or flag of Discord's"
)]
pub struct Message {
    /// Its id; ids strictly increase in the order in which messages are created.
    pub id: Snowflake,
    /// The channel it is in.
    pub channel: Snowflake,
    /// Its author.
    pub author: Snowflake,
    /// Its text, without leading and trailing white space.
    pub content: String,
    /// The texts it had before it was edited, oldest first.
    pub history: Vec<String>,
    /// When it was last edited, in milliseconds since the Unix epoch.
    pub edited: Option<u64>,
    /// The message it replies to.
    pub reply_to: Option<Snowflake>,
    /// The users it pings.
    pub mentions: Vec<Snowflake>,
    /// The roles it pings.
    pub mention_roles: Vec<Snowflake>,
    /// Whether it pings everyone.
    pub mention_everyone: bool,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// Its embeds, as sent; previews of links are added at the end.
    pub embeds: Vec<Value>,
    /// Its components, as sent.
    pub components: Vec<Value>,
    /// Whether its components are all that it shows (flag `IS_COMPONENTS_V2`).
    pub components_v2: bool,
    /// The message that it forwards.
    pub forward: Option<Box<Forward>>,
    /// Its poll.
    pub poll: Option<Poll>,
    /// The names of its stickers.
    pub stickers: Vec<String>,
    /// The reactions to it.
    pub reactions: Vec<Reaction>,
    /// The nonce it was sent with.
    pub nonce: Option<Value>,
    /// The interaction it responds to or follows up.
    pub interaction: Option<Snowflake>,
    /// The only user who sees it, if it is ephemeral.
    pub ephemeral_to: Option<Snowflake>,
    /// Whether it is a deferred response without content yet ("is thinking").
    pub loading: bool,
    /// Whether its links get no preview (flag `SUPPRESS_EMBEDS`).
    pub suppress_embeds: bool,
    /// Whether it notifies nobody (flag `SUPPRESS_NOTIFICATIONS`).
    pub silent: bool,
    /// What it announces, if Discord itself wrote it.
    pub system: Option<SystemMessage>,
}

/// What a message of Discord's own announces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SystemMessage {
    /// In the parent channel: a thread was started without a message.
    ThreadCreated {
        /// The thread.
        thread: Snowflake,
    },
    /// In a thread: the message that it was started from.
    ThreadStarter {
        /// The message, in the parent channel.
        message: Snowflake,
    },
    /// In the channel of a poll: it is over, with this result.
    PollResult {
        /// The message with the poll.
        poll: Snowflake,
    },
    /// In a thread: it has a new name, which is the message's text.
    Renamed,
}

/// A forwarded message.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The message as it was when it was forwarded. Its files are copies.
    pub snapshot: Message,
}

/// A file on a message.
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
    /// Its alternative text.
    pub description: Option<String>,
    /// Whether it is a voice message.
    pub is_voice: bool,
}

/// One emoji that people reacted with.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// The emoji itself, or `name:id` for a custom one.
    pub emoji: String,
    /// Who reacted with it.
    pub users: Vec<Snowflake>,
}

/// A checked message that is about to be created.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field or flag of Discord's"
)]
pub(crate) struct Draft {
    /// The id, where it is given: a post in a forum has that of its thread.
    pub(crate) id: Option<Snowflake>,
    pub(crate) content: String,
    pub(crate) reply_to: Option<Snowflake>,
    pub(crate) allowed: Allowed,
    pub(crate) files: Vec<NewFile>,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) components_v2: bool,
    /// The message to forward.
    pub(crate) forward: Option<Snowflake>,
    pub(crate) poll: Option<Poll>,
    pub(crate) stickers: Vec<String>,
    pub(crate) nonce: Option<Value>,
    pub(crate) interaction: Option<Snowflake>,
    pub(crate) ephemeral_to: Option<Snowflake>,
    pub(crate) loading: bool,
    pub(crate) suppress_embeds: bool,
    pub(crate) silent: bool,
    pub(crate) system: Option<SystemMessage>,
}

/// A checked change to a message. `None` leaves a field as it is.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Value>>,
    pub(crate) components: Option<Vec<Value>>,
    /// Whether its components become all that it shows, which cannot be undone.
    pub(crate) components_v2: bool,
    /// The attachments that stay.
    pub(crate) keep: Option<Vec<Snowflake>>,
    /// Files to add.
    pub(crate) files: Vec<NewFile>,
    pub(crate) allowed: Allowed,
    pub(crate) suppress_embeds: Option<bool>,
}

impl Message {
    /// When it was created, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.id.unix_ms()
    }

    /// Whether it has a component with this `custom_id` that is not disabled.
    #[must_use]
    pub fn has_component(&self, custom_id: &str) -> bool {
        self.component(custom_id).is_some()
    }

    /// Whether `user` can see it.
    #[must_use]
    pub fn is_visible_to(&self, user: Snowflake) -> bool {
        self.ephemeral_to.is_none_or(|only| only == user)
    }

    /// The component with this `custom_id`, unless it is disabled.
    pub(crate) fn component(&self, custom_id: &str) -> Option<&Value> {
        let mut found = self.components.iter().flat_map(controls);
        found.find(|component| component["custom_id"] == custom_id && component["disabled"] != true)
    }
}

/// A component and those in it, at any depth.
fn controls(component: &Value) -> Vec<&Value> {
    let held = component["components"].as_array().into_iter().flatten();
    let held = held.chain(component.get("accessory"));
    std::iter::once(component)
        .chain(held.flat_map(controls))
        .collect()
}
