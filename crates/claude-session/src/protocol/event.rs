//! What the CLI's lines say, as values.

use serde::{Deserialize, Serialize};

use super::TaskEvent;

/// What one line of stdout is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A message of the protocol.
    Event(Event),
    /// Nothing but white space.
    Blank,
    /// Not a JSON object: banners and debug output occur between the messages.
    Noise,
}

/// A message of the CLI's.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `system/init`: sent at the start of every turn.
    Init(Init),
    /// `assistant`: one or more finished content blocks.
    Assistant(Assistant),
    /// `stream_event`: a piece of the Messages API's own stream.
    Stream(StreamEvent),
    /// `result`: the end of a turn.
    Result(Box<TurnResult>),
    /// `system/api_retry`: the API failed and is asked again.
    ApiRetry(ApiRetry),
    /// The answer to one of our control requests.
    ControlResponse(ControlResponse),
    /// A question of the CLI's; the turn waits until it is answered.
    ControlRequest(ControlRequest),
    /// `system/status`: the conversation is being summarised, during which the CLI says nothing.
    Compacting,
    /// `system/compact_boundary`: the conversation was summarised.
    Compacted {
        /// Tokens in the context after that, where the CLI says so.
        post_tokens: Option<u64>,
    },
    /// A task in the background, or a subagent, has begun or ended.
    Task(TaskEvent),
    /// `user`: these tool calls of the main thread have their results; none where a person's words are repeated.
    ToolsDone(Vec<String>),
    /// Known to exist, or new; of no use here.
    Other {
        /// The `type` of the message.
        kind: String,
        /// Its `subtype`, empty where there is none.
        subtype: String,
    },
}

/// `system/init`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Init {
    /// The session that the process serves.
    pub session_id: Option<String>,
    /// The model of this turn, resolved (`claude-sonnet-5`).
    pub model: Option<String>,
    /// The CLI's version, such as `2.1.197`.
    pub version: Option<String>,
}

/// `assistant`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assistant {
    /// Id of the API's message; several lines share one.
    pub message_id: String,
    /// The model that answered; `<synthetic>` for the CLI's own words.
    pub model: String,
    /// The finished blocks, usually one.
    pub blocks: Vec<Block>,
    /// Tokens of the call; `output` is a placeholder until the call is over.
    pub usage: Usage,
    /// Set where a subagent speaks: its words are not for the chat.
    pub is_subagent: bool,
    /// Set where the words stand for an API failure (`overloaded`, `authentication_failed`, ...).
    pub error: Option<String>,
}

/// A content block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Words for the chat.
    Text(String),
    /// A tool is about to run.
    ToolUse {
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// Thinking, server tools and whatever else.
    Other,
}

/// The parts of `stream_event` that say what a call uses. Only the main thread's are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// A call to the API began.
    MessageStart {
        /// Input and cached tokens of the call.
        usage: Usage,
    },
    /// The call is over, or nearly so.
    MessageDelta {
        /// Output tokens of the call so far.
        output_tokens: u64,
    },
    /// Deltas and the rest.
    Other,
}

/// Tokens by kind, as the Messages API counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that came from no cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: u64,
}

impl Usage {
    /// All input, cached or not.
    #[must_use]
    pub fn all_input(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_tokens)
            .saturating_add(self.cache_creation_tokens)
    }

    /// Input, cached and output: what the context holds after a call.
    #[must_use]
    pub fn context(&self) -> u64 {
        self.all_input().saturating_add(self.output_tokens)
    }

    /// No tokens at all.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The greater, kind by kind.
    #[must_use]
    pub fn at_least(&self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.max(other.input_tokens),
            output_tokens: self.output_tokens.max(other.output_tokens),
            cache_read_tokens: self.cache_read_tokens.max(other.cache_read_tokens),
            cache_creation_tokens: self.cache_creation_tokens.max(other.cache_creation_tokens),
        }
    }

    /// What is left after `other`, kind by kind.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(other.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(other.output_tokens),
            cache_read_tokens: self
                .cache_read_tokens
                .saturating_sub(other.cache_read_tokens),
            cache_creation_tokens: self
                .cache_creation_tokens
                .saturating_sub(other.cache_creation_tokens),
        }
    }

    /// The sum, kind by kind.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cache_read_tokens: self
                .cache_read_tokens
                .saturating_add(other.cache_read_tokens),
            cache_creation_tokens: self
                .cache_creation_tokens
                .saturating_add(other.cache_creation_tokens),
        }
    }
}

/// One model's share of `modelUsage`: a running total, like the cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelUsage {
    /// The model's full name.
    pub model: String,
    /// Its tokens so far.
    pub usage: Usage,
    /// Its cost so far, in US dollars at list price.
    pub cost_usd: f64,
}

/// `result`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnResult {
    /// `success`, `error_during_execution`, `error_max_turns`, ... An API failure is `success` too.
    pub subtype: String,
    /// Whether the turn failed.
    pub is_error: bool,
    /// The final text; `None` on errors that carry `errors` instead.
    pub result: Option<String>,
    /// What went wrong, on subtypes other than `success`.
    pub errors: Vec<String>,
    /// HTTP status of the API's refusal.
    pub api_error_status: Option<u16>,
    /// Why the turn ended: `completed`, `aborted_streaming`, `prompt_too_long`, ...
    pub terminal_reason: Option<String>,
    /// The session served.
    pub session_id: Option<String>,
    /// Running total in US dollars (see `ledger::cost`); `None` where the CLI gave none.
    pub total_cost_usd: Option<f64>,
    /// What was spent since the last result, on CLIs that say so (seen on 2.1.329).
    pub cost_since_last_usd: Option<f64>,
    /// Tokens of this turn's main thread.
    pub usage: Usage,
    /// Running totals by model, helpers and subagents included.
    pub model_usage: Vec<ModelUsage>,
    /// Calls to the API.
    pub num_turns: u64,
    /// Names of the tools that were refused.
    pub denied_tools: Vec<String>,
    /// Set where the turn was not a person's: `task-notification` and alike.
    pub origin: Option<String>,
}

/// `system/api_retry`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApiRetry {
    /// Which try this is, from 1.
    pub attempt: u64,
    /// How many there will be.
    pub max_retries: u64,
    /// HTTP status that caused it, where there was one.
    pub status: Option<u16>,
}

/// The answer to a control request of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlResponse {
    /// The id that we gave the request.
    pub request_id: String,
    /// The CLI's reason where it refused.
    pub error: Option<String>,
    /// In the answer to `get_usage`: the running cost total in US dollars, to the last digit.
    pub session_cost_usd: Option<f64>,
}

/// A control request of the CLI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRequest {
    /// To be repeated in the answer.
    pub request_id: String,
    /// `can_use_tool`, `hook_callback`, ...
    pub subtype: String,
}
