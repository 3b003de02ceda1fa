//! The part of a record that the bot needs to go on after a restart, and that its owner rarely looks at.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::snowflake::{MessageId, UserId};

/// How many posts are kept.
const POSTS: usize = 100;

/// A record's bookkeeping: what has been processed, what is open, and what the next process has to start from.
/// Fields that this version does not know are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MachineState {
    /// The last message processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    /// The id of the last turn booked, as in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_turn_id: Option<String>,
    /// The CLI's running cost total after the last turn, in dollars (see `ledger::cost`).
    pub cli_total_cost_usd: f64,
    /// Dollars per weighted token in the last turn that had a price (see `ledger::cost`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_cost_usd: Option<f64>,
    /// Whether the CLI knows the session, so that it is resumed rather than created. A record without the field
    /// counts as known if it has messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumable: Option<bool>,
    /// Messages after `last_message_id` that were processed before older ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answered_ahead: Vec<MessageId>,
    /// Messages up to `last_message_id` that still wait, because Discord delivered them out of order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting_behind: Vec<MessageId>,
    /// Messages whose turn began and whose answer Discord has not accepted yet, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_turns: Vec<OpenTurn>,
    /// Messages whose turn was cut off by a shutdown or crash of the bot, oldest first. They can be retried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cut_off: Vec<CutOff>,
    /// Short descriptions of Claude's background tasks. They end with the bot, and the channel is then told. Tasks that
    /// ended with their process come first and stay until Discord has accepted the notice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub background: Vec<String>,
    /// Posts that must survive a restart, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<StoredPost>,
    /// Fields of other versions.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A message whose turn began and whose answer Discord has not accepted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTurn {
    /// The message.
    pub message: MessageId,
    /// Its author.
    pub author: UserId,
    /// Whether its turn has ended and is booked.
    #[serde(default)]
    pub booked: bool,
    /// How often it has been cut off before.
    #[serde(default)]
    pub cuts: u32,
}

/// A message whose turn was cut off by a shutdown or crash of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    /// The message.
    pub message: MessageId,
    /// Its author, who may have it run again, as may admins.
    pub author: UserId,
    /// Whether its turn had ended, so that at most the answer is incomplete.
    #[serde(default)]
    pub booked: bool,
    /// How often it has been cut off, this time included. The channel is told once for each.
    #[serde(default)]
    pub cuts: u32,
    /// Whether the channel has been told.
    #[serde(default)]
    pub told: bool,
}

/// A post whose messages are edited or whose buttons are pressed after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredPost {
    /// The post's key, unique in its channel.
    pub key: String,
    /// What it says.
    #[serde(default)]
    pub text: String,
    /// The Discord messages that show it, in order.
    #[serde(default)]
    pub messages: Vec<MessageId>,
    /// The post's version, which grows with each change.
    #[serde(default)]
    pub revision: u32,
    /// Its buttons and menus.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<StoredControl>,
}

/// A button or menu of a stored post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredControl {
    /// The opaque id in the component's `custom_id`.
    pub id: String,
    /// What a press does. The channel defines it; the registry only stores it.
    #[serde(default)]
    pub action: Value,
}

impl MachineState {
    /// The stored post with this key.
    #[must_use]
    pub fn post(&self, key: &str) -> Option<&StoredPost> {
        self.posts.iter().find(|post| post.key == key)
    }

    /// Stores a post in place of the one with its key, or last. Beyond a hundred, the oldest one is dropped.
    pub fn put_post(&mut self, post: StoredPost) {
        match self.posts.iter_mut().find(|stored| stored.key == post.key) {
            Some(stored) => *stored = post,
            None => push_bounded(&mut self.posts, post, POSTS),
        }
    }

    /// Removes the post with this key and returns it.
    pub fn remove_post(&mut self, key: &str) -> Option<StoredPost> {
        let index = self.posts.iter().position(|post| post.key == key)?;
        Some(self.posts.remove(index))
    }
}

/// Appends to a list that keeps only its last `most` elements.
pub(super) fn push_bounded<T>(list: &mut Vec<T>, new: T, most: usize) {
    list.push(new);
    let excess = list.len().saturating_sub(most);
    list.drain(..excess);
}

#[cfg(test)]
mod tests;
