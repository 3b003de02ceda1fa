//! Tokens and what they cost.

use serde::{Deserialize, Serialize};

use super::{from_json::wire, json::Json};

wire! {
    /// Tokens by kind, as the Messages API counts them.
    #[derive(Copy, Eq, Serialize, Deserialize)]
    pub struct Usage {
        /// Input tokens that came from no cache.
        input_tokens: u64,
        output_tokens: u64,
        /// Input tokens read from the cache.
        cache_read_tokens: u64 = "cache_read_input_tokens",
        /// Input tokens written to the cache.
        cache_creation_tokens: u64 = "cache_creation_input_tokens",
    }

    /// One model's share of `modelUsage`: a running total, like the cost.
    pub struct ModelUsage {
        model: String,
        usage: Usage,
        /// Its cost so far, in US dollars at list price.
        cost_usd: f64 = "costUSD",
        /// The size of its context window, in tokens.
        context_window: Option<u64> = "contextWindow",
        /// The most tokens that it writes in one call.
        max_output_tokens: Option<u64> = "maxOutputTokens",
        web_search_requests: u64 = "webSearchRequests",
    }

    /// What a task or subagent has used.
    #[derive(Copy, Eq)]
    pub struct TaskUsage {
        /// Tokens of all kinds.
        total_tokens: u64,
        tool_uses: u64,
        duration_ms: u64,
    }
}

impl Usage {
    /// All input tokens, cached or not.
    pub fn all_input(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_tokens)
            .saturating_add(self.cache_creation_tokens)
    }

    /// What the context holds after a call: all input and the output.
    pub fn context(&self) -> u64 {
        self.all_input().saturating_add(self.output_tokens)
    }

    /// Whether all counts are zero.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The maximum, kind by kind.
    pub fn at_least(&self, other: &Self) -> Self {
        self.zip(other, u64::max)
    }

    /// The difference, kind by kind, at least zero.
    pub fn without(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    /// The sum, kind by kind.
    pub fn plus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_add)
    }

    fn zip(&self, other: &Self, combine: fn(u64, u64) -> u64) -> Self {
        Self {
            input_tokens: combine(self.input_tokens, other.input_tokens),
            output_tokens: combine(self.output_tokens, other.output_tokens),
            cache_read_tokens: combine(self.cache_read_tokens, other.cache_read_tokens),
            cache_creation_tokens: combine(self.cache_creation_tokens, other.cache_creation_tokens),
        }
    }
}

impl ModelUsage {
    /// All models of `modelUsage`.
    pub(super) fn read_all(value: &Json) -> Vec<Self> {
        let read = |(model, value): (String, Json)| {
            let [input, output, cache_read, cache_creation] = value.pick([
                "inputTokens",
                "outputTokens",
                "cacheReadInputTokens",
                "cacheCreationInputTokens",
            ]);
            let usage = Usage {
                input_tokens: input.read(),
                output_tokens: output.read(),
                cache_read_tokens: cache_read.read(),
                cache_creation_tokens: cache_creation.read(),
            };
            Self {
                model,
                usage,
                ..value.read()
            }
        };
        value.members().into_iter().map(read).collect()
    }
}
