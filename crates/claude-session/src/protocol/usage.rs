//! Tokens and what they cost.

use serde::{Deserialize, Serialize};

use super::{FromJson, from_json::wire, json::Json};

/// Tokens by kind, as the Messages API counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that came from no cache.
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: u64,
}

impl FromJson for Usage {
    fn from_json(value: &Json) -> Option<Self> {
        Some(Self::named(
            value,
            [
                "input_tokens",
                "output_tokens",
                "cache_read_input_tokens",
                "cache_creation_input_tokens",
            ],
        ))
    }
}

impl Usage {
    /// Reads the fields, in order, from the members with these names.
    fn named(value: &Json, names: [&str; 4]) -> Self {
        let [input, output, read, created] = value.pick(names);
        Self {
            input_tokens: input.read(),
            output_tokens: output.read(),
            cache_read_tokens: read.read(),
            cache_creation_tokens: created.read(),
        }
    }

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

    /// Whether there are no tokens at all.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The greater, kind by kind.
    #[must_use]
    pub fn at_least(&self, other: &Self) -> Self {
        self.zip(other, u64::max)
    }

    /// What is left after `other`, kind by kind.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    /// The sum, kind by kind.
    #[must_use]
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

wire! {
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

impl ModelUsage {
    /// All models of `modelUsage`.
    pub(super) fn read_all(value: &Json) -> Vec<Self> {
        let models = value.members().into_iter();
        let read = |(model, value): (String, Json)| Self {
            model,
            usage: Usage::named(
                &value,
                [
                    "inputTokens",
                    "outputTokens",
                    "cacheReadInputTokens",
                    "cacheCreationInputTokens",
                ],
            ),
            ..value.read()
        };
        models.map(read).collect()
    }
}
