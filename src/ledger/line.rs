//! What a turn leaves behind in the ledger.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    claude::protocol::Usage,
    money::Usd,
    snowflake::{ChannelId, MessageId, UserId},
};

/// One turn, one line. A line is never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When the turn ended (UTC).
    pub time: DateTime<Utc>,
    /// The turn's own name, a UUID; the channel's record names the last one booked.
    pub turn: String,
    /// The turn that was booked before it in the channel, if any was. Clocks jump; this tells the order all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The channel.
    pub channel: ChannelId,
    /// The channel that it is a thread of, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_of: Option<ChannelId>,
    /// Whose message it was.
    pub author: UserId,
    /// The message; `None` for a slash command's turn.
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
    /// The model that answered, in full, where one did.
    pub model_used: Option<String>,
    /// Uncached input tokens of the main thread.
    pub input_tokens: u64,
    /// Output tokens of the main thread.
    pub output_tokens: u64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: u64,
    /// Cost in US dollars at list price, helpers and subagents included.
    pub cost_usd: Usd,
    /// Whether the cost is our estimate, because the CLI named none for the turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// From the message's turn to begin to its end, in milliseconds.
    pub duration_ms: u64,
    /// Part of the duration: until the CLI was given the message, starting it included, in milliseconds.
    #[serde(default)]
    pub waited_ms: u64,
    /// From then to the first words, in milliseconds; `None` where none came.
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

    /// The tokens together.
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
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_as_written() {
        let text = serde_json::to_string(&example()).unwrap();
        assert!(text.starts_with(r#"{"time":"1970-01-01T00:00:00Z","turn":"t","channel":"1","#));
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), example());
        let in_a_thread = Line {
            thread_of: Some(ChannelId(7)),
            ..example()
        };
        let text = serde_json::to_string(&in_a_thread).unwrap();
        assert!(text.contains(r#""channel":"1","thread_of":"7","#), "{text}");
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), in_a_thread);
        assert_eq!(example().file_name(), "1970-01.jsonl");
    }
}
