//! Tokens and what they cost.

use serde::{Deserialize, Serialize};

use super::json::Json;

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
    pub(super) fn read(value: &Json) -> Self {
        let [input, output, read, created] = value.pick([
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ]);
        Self {
            input_tokens: input.count(),
            output_tokens: output.count(),
            cache_read_tokens: read.count(),
            cache_creation_tokens: created.count(),
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

/// One model's share of `modelUsage`: a running total, like the cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelUsage {
    /// The model's full name.
    pub model: String,
    /// Its tokens so far.
    pub usage: Usage,
    /// Its cost so far, in US dollars at list price.
    pub cost_usd: f64,
    /// How many tokens its context can hold.
    pub context_window: Option<u64>,
    /// The most tokens that it writes in one call.
    pub max_output_tokens: Option<u64>,
    /// Searches on the web so far.
    pub web_search_requests: u64,
}

impl ModelUsage {
    /// All models of `modelUsage`.
    pub(super) fn read_all(value: &Json) -> Vec<Self> {
        let models = value.members().into_iter();
        models
            .map(|(model, value)| Self::read(model, &value))
            .collect()
    }

    fn read(model: String, value: &Json) -> Self {
        let [
            input,
            output,
            read,
            created,
            cost,
            window,
            max_output,
            searches,
        ] = value.pick([
            "inputTokens",
            "outputTokens",
            "cacheReadInputTokens",
            "cacheCreationInputTokens",
            "costUSD",
            "contextWindow",
            "maxOutputTokens",
            "webSearchRequests",
        ]);
        Self {
            model,
            usage: Usage {
                input_tokens: input.count(),
                output_tokens: output.count(),
                cache_read_tokens: read.count(),
                cache_creation_tokens: created.count(),
            },
            cost_usd: cost.amount().unwrap_or(0.0),
            context_window: window.u64(),
            max_output_tokens: max_output.u64(),
            web_search_requests: searches.count(),
        }
    }
}

/// What a task or subagent has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskUsage {
    /// Tokens of all kinds.
    pub total_tokens: u64,
    /// Calls of tools.
    pub tool_uses: u64,
    /// How long it has run, in milliseconds.
    pub duration_ms: u64,
}

impl TaskUsage {
    pub(super) fn read(value: &Json) -> Option<Self> {
        let [tokens, tools, duration] = value.pick(["total_tokens", "tool_uses", "duration_ms"]);
        (!value.is_null()).then(|| Self {
            total_tokens: tokens.count(),
            tool_uses: tools.count(),
            duration_ms: duration.count(),
        })
    }
}
