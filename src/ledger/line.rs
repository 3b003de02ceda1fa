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
pub struct Line {
    /// When the turn ended (UTC).
    pub time: DateTime<Utc>,
    /// The turn's id, a UUID. The channel's record holds the last one booked.
    pub turn: String,
    /// The turn booked before it in the channel. It gives the order even if the clock jumps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The channel.
    pub channel: ChannelId,
    /// The parent channel, if the channel is a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_of: Option<ChannelId>,
    /// The author of the message.
    pub author: UserId,
    /// The message; `None` for the turn of a slash command or a background report.
    pub message: Option<MessageId>,
    /// The messages of the answer, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_ids: Vec<MessageId>,
    /// The `uuid` of the CLI's last assistant line in the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant_uuid: Option<String>,
    /// The CLI's session id.
    pub session: String,
    /// The model asked for.
    pub model: String,
    /// The full name of the model that answered, if one did.
    pub model_used: Option<String>,
    /// Uncached input tokens of the main thread.
    pub input_tokens: u64,
    /// Output tokens of the main thread.
    pub output_tokens: u64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: u64,
    /// Cost at list price, including subagents and helper models.
    pub cost_usd: Usd,
    /// Whether the cost is an estimate because the CLI reported none for the turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// How long the turn took, in milliseconds.
    pub duration_ms: u64,
    /// The part of the duration before the CLI was given the message, which includes its start, in milliseconds.
    #[serde(default)]
    pub waited_ms: u64,
    /// From then to the first text, in milliseconds; `None` if there was none.
    #[serde(default)]
    pub first_text_ms: Option<u64>,
    /// How it ended: `answered`, `interrupted`, `timed_out`, `crashed`, `api_down`, ...
    pub outcome: String,
}

impl Line {
    /// The file of the line's month, `YYYY-MM.jsonl`.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.time.format("%Y-%m.jsonl").to_string()
    }

    /// The token counts as one value.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_creation_tokens: self.cache_creation_tokens,
        }
    }
}

#[cfg(test)]
pub(crate) fn example() -> Line {
    Line {
        time: DateTime::UNIX_EPOCH,
        turn: "t".into(),
        after: None,
        channel: ChannelId(1),
        thread_of: None,
        author: UserId(2),
        message: Some(MessageId(3)),
        reply_ids: Vec::new(),
        assistant_uuid: None,
        session: "s".into(),
        model: "sonnet".into(),
        model_used: Some("claude-sonnet-5".into()),
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_creation_tokens: 4,
        cost_usd: Usd::from_dollars(0.5),
        estimated: false,
        duration_ms: 10,
        waited_ms: 3,
        first_text_ms: Some(4),
        outcome: "answered".into(),
    }
}

#[cfg(test)]
mod tests;
