//! An answer to one call, as a value.
//!
//! Tests build answers with the methods here, `plan` builds them from directives, and `events`
//! serializes them.

use std::time::Duration;

use serde_json::Value;

use crate::usage::Usage;

/// One block of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text for the reader.
    Text(String),
    /// A tool call, which ends the answer.
    Tool {
        /// The name of the tool, such as `Bash`.
        name: String,
        /// Its input, a JSON object.
        input: Value,
    },
}

/// In a text, stands for `\ud83d`: half of a pair of surrogates, which no string can hold.
pub const HALF_PAIR: char = '\u{e83d}';

/// The answer to a call.
#[must_use = "an answer does nothing until it is queued or returned"]
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub(crate) body: Body,
    /// The time before the first byte.
    pub(crate) delay: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Message(Message),
    Refusal {
        status: u16,
        message: String,
        /// The plan's limit that is reached, and when it resets, in seconds since 1970.
        limit: Option<(String, u64)>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) blocks: Vec<Block>,
    pub(crate) usage: Usage,
    /// How many deltas a text is split into.
    pub(crate) deltas: usize,
    /// The pause after each delta of text.
    pub(crate) pace: Duration,
    /// After how many deltas of text the answer stalls, if it does.
    pub(crate) stall: Option<usize>,
}

/// How many deltas a text is split into by default.
const DELTAS: usize = 4;

impl Answer {
    /// These blocks, billed as [`Usage::DEFAULT`], each text in a few deltas without pauses.
    pub fn blocks(blocks: Vec<Block>) -> Self {
        let message = Message {
            blocks,
            usage: Usage::DEFAULT,
            deltas: DELTAS,
            pace: Duration::ZERO,
            stall: None,
        };
        Self {
            body: Body::Message(message),
            delay: Duration::ZERO,
        }
    }

    /// One block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::blocks(vec![Block::Text(text.into())])
    }

    /// One tool call.
    pub fn tool(name: impl Into<String>, input: Value) -> Self {
        Self::blocks(vec![Block::Tool {
            name: name.into(),
            input,
        }])
    }

    /// An error with this HTTP status. It costs nothing.
    pub fn refusal(status: u16, message: impl Into<String>) -> Self {
        let body = Body::Refusal {
            status,
            message: message.into(),
            limit: None,
        };
        Self {
            body,
            delay: Duration::ZERO,
        }
    }

    /// A refusal with status 429, because a limit of a claude.ai plan, such as `five_hour`, is reached until this time in
    /// seconds since 1970. The CLI reads the limit only if it has a login.
    pub fn limited(limit: impl Into<String>, resets_at: u64) -> Self {
        let body = Body::Refusal {
            status: 429,
            message: "This request would exceed your account's rate limit.".to_owned(),
            limit: Some((limit.into(), resets_at)),
        };
        Self {
            body,
            delay: Duration::ZERO,
        }
    }

    /// Waits this long before the first byte.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Bills these tokens. A refusal stays free.
    pub fn billed(self, usage: Usage) -> Self {
        self.with(|message| message.usage = usage)
    }

    /// Splits each text into `deltas` pieces, with a pause of `pace` after each.
    pub fn paced(self, deltas: usize, pace: Duration) -> Self {
        self.with(|message| (message.deltas, message.pace) = (deltas, pace))
    }

    /// Stalls after this many deltas of text, until
    /// [`LoopbackMessages::resume`](crate::LoopbackMessages::resume) or the client disconnects. Without
    /// streaming nothing is sent before that.
    pub fn stalled_after(self, deltas: usize) -> Self {
        self.with(|message| message.stall = Some(deltas))
    }

    fn with(mut self, change: impl FnOnce(&mut Message)) -> Self {
        if let Body::Message(message) = &mut self.body {
            change(message);
        }
        self
    }
}
