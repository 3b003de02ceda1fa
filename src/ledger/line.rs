//! A line of the ledger.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    claude::protocol::Usage,
    money::Usd,
    snowflake::{ChannelId, MessageId, UserId},
};

/// A turn's line. Lines are never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnLine {
    /// When the turn ended (UTC).
    pub time: DateTime<Utc>,
    /// A UUID. The channel's record has the last one booked.
    pub turn: String,
    /// The turn booked before this one in the channel, which gives the order even if the clock jumps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    pub channel: ChannelId,
    /// The parent channel, if the channel is a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_of: Option<ChannelId>,
    pub author: UserId,
    /// The message; `None` for the turn of a slash command or a background report.
    pub message: Option<MessageId>,
    /// The messages before it that the turn answers as well, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<MessageId>,
    /// The messages of the answer. On disk they are in [`Replies`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_ids: Vec<MessageId>,
    /// The `uuid` of the CLI's last assistant line in the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant_uuid: Option<String>,
    /// The CLI's session ID.
    pub session: String,
    /// The requested model.
    pub model: String,
    /// The full name of the model that answered.
    pub model_used: Option<String>,
    /// Uncached input tokens of the main thread.
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_creation_tokens: u64,
    /// Cost at list price, with subagents and helper models.
    pub cost_usd: Usd,
    /// Whether the cost is an estimate because the CLI reported none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    pub duration_ms: u64,
    /// The part of the duration until the CLI got the message, including its start.
    #[serde(default)]
    pub waited_ms: u64,
    /// The time from then to the first text, if there was any.
    #[serde(default)]
    pub first_text_ms: Option<u64>,
    /// How the turn ended: `answered`, `interrupted`, `timed_out`, `crashed`, `api_down`, ...
    pub outcome: String,
}

impl TurnLine {
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_creation_tokens: self.cache_creation_tokens,
        }
    }
}

/// The messages of a turn's answer. Discord assigns their IDs after the turn's line is written, so they follow in a line
/// of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replies {
    /// When the last one was posted (UTC).
    pub time: DateTime<Utc>,
    pub turn: String,
    pub reply_ids: Vec<MessageId>,
    /// Those of them that hold something else than Claude's words. `None` in lines of earlier versions, which did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_ids: Option<Vec<MessageId>>,
}

/// What a line of the ledger's files says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    Turn(Box<TurnLine>),
    Replies(Replies),
}

impl From<TurnLine> for Entry {
    fn from(line: TurnLine) -> Self {
        Self::Turn(Box::new(line))
    }
}

impl Entry {
    /// Reads a line; `None` if it is neither.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let turn = serde_json::from_slice(line).map(|line| Self::Turn(Box::new(line)));
        turn.or_else(|_| serde_json::from_slice(line).map(Self::Replies))
            .ok()
    }

    /// The file of the month, `YYYY-MM.jsonl`.
    pub fn file_name(&self) -> String {
        let time = match self {
            Self::Turn(line) => line.time,
            Self::Replies(replies) => replies.time,
        };
        time.format("%Y-%m.jsonl").to_string()
    }
}

#[cfg(test)]
pub(super) mod tests;
