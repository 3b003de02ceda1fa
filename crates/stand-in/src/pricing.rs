//! Tokens and prices: the simulated usage of a turn, and its cost.
//!
//! Tests call the same functions to predict the numbers.
//!
//! * **Tokens.** A text of `n` characters (Unicode scalar values) is `ceil(n / 4)` tokens:
//!   [`tokens`]. A user message counts the tokens of its concatenated text blocks, and
//!   [`TOKENS_PER_ATTACHMENT`] for every other block: [`content_tokens`]. An answer is the sum over its
//!   blocks; a tool call counts as the JSON of its input.
//! * **Cache.** Each API call reads from the cache what earlier calls of the session wrote, writes what
//!   was added to the context since, and sends the newest message uncached. The first call of a session
//!   writes the system prompt. [`Context`] keeps both numbers, so that `read + written` of a call is the
//!   size of the context after the previous call.
//! * **Price.** US dollars per million input and output tokens: haiku 1 and 5, sonnet 3 and 15, opus and
//!   all other names 5 and 25. Cache writes cost 1.25 times, cache reads 0.1 times the input price. (The
//!   recorded runs of 2.1.197 match exactly.)
//!
//! A call that was interrupted or failed counts as nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The tokens of an image or document block in a user message.
pub const TOKENS_PER_ATTACHMENT: u64 = 1_000;

/// The number of tokens of a text: a quarter of its characters, rounded up.
#[must_use]
pub fn tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}

/// The number of tokens of a user message's `content`, a string or an array of blocks.
#[must_use]
pub fn content_tokens(content: &Value) -> u64 {
    let Some(blocks) = content.as_array() else {
        return content.as_str().map_or(0, tokens);
    };
    let mut text = String::new();
    let mut attachments = 0;
    for block in blocks {
        match block.get("text").and_then(Value::as_str) {
            Some(part) => text.push_str(part),
            None => attachments += 1,
        }
    }
    tokens(&text) + attachments * TOKENS_PER_ATTACHMENT
}

/// The tokens of one API call, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input that was neither read from nor written to the cache.
    pub input: u64,
    /// Input written to the cache.
    pub cache_creation: u64,
    /// Input read from the cache.
    pub cache_read: u64,
    /// What the model wrote.
    pub output: u64,
}

impl Usage {
    /// Adds another call.
    pub fn add(&mut self, other: &Self) {
        self.input += other.input;
        self.cache_creation += other.cache_creation;
        self.cache_read += other.cache_read;
        self.output += other.output;
    }

    /// The size of the context after a call with this usage.
    #[must_use]
    pub fn context(&self) -> u64 {
        self.input + self.cache_creation + self.cache_read + self.output
    }
}

/// The tokens of a session that the API has cached, and those that its next call writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    cached: u64,
    pending: u64,
}

impl Context {
    /// The context of a new session: its system prompt, not yet cached.
    #[must_use]
    pub fn new(system_prompt: &str) -> Self {
        Self {
            cached: 0,
            pending: tokens(system_prompt),
        }
    }

    /// An API call with `input` new tokens and an answer of `output` tokens. Returns its usage and the
    /// context after it.
    #[must_use]
    pub fn call(self, input: u64, output: u64) -> (Usage, Self) {
        let usage = Usage {
            input,
            cache_creation: self.pending,
            cache_read: self.cached,
            output,
        };
        let after = Self {
            cached: self.cached + self.pending,
            pending: input + output,
        };
        (usage, after)
    }

    /// The size of the context between two calls.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.cached + self.pending
    }
}

/// The cost of `usage` on `model` (an alias or a full name), in billionths of a US dollar.
///
/// An integer, so that sums do not depend on the order.
#[must_use]
pub fn cost_nanos(model: &str, usage: &Usage) -> u64 {
    // Billionths of a dollar per token: dollars per million tokens, times 1,000.
    let (input, output) = match family(model) {
        Some(Family::Haiku) => (1_000, 5_000),
        Some(Family::Sonnet) => (3_000, 15_000),
        Some(Family::Fable) => (8_000, 40_000),
        Some(Family::Opus) | None => (5_000, 25_000),
    };
    usage.input * input
        + usage.cache_creation * input / 4 * 5
        + usage.cache_read * input / 10
        + usage.output * output
}

/// The cost of `usage` on `model`, in US dollars.
#[must_use]
pub fn cost_usd(model: &str, usage: &Usage) -> f64 {
    dollars(cost_nanos(model, usage))
}

/// Converts billionths of a US dollar to dollars.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine million dollars"
)]
pub fn dollars(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// Whether a name is a known alias or full name.
#[must_use]
pub fn is_known(model: &str) -> bool {
    model == "default" || family(model).is_some()
}

/// The maximum output of a model, as the CLI reports it.
pub(crate) fn max_output(model: &str) -> u64 {
    match family(model) {
        Some(Family::Sonnet) => 64_000,
        _ => 32_000,
    }
}

#[derive(Clone, Copy)]
enum Family {
    Haiku,
    Sonnet,
    Opus,
    Fable,
}

fn family(model: &str) -> Option<Family> {
    let name = model.strip_prefix("claude-").unwrap_or(model);
    [
        ("haiku", Family::Haiku),
        ("sonnet", Family::Sonnet),
        ("opus", Family::Opus),
        ("fable", Family::Fable),
    ]
    .into_iter()
    .find_map(|(prefix, family)| name.starts_with(prefix).then_some(family))
}

/// The usage of each model, in order of first use.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UsageByModel {
    models: Vec<(String, Usage)>,
}

impl UsageByModel {
    /// Adds one API call.
    pub(crate) fn add(&mut self, model: &str, usage: &Usage) {
        match self.models.iter_mut().find(|(name, _)| name == model) {
            Some((_, sum)) => sum.add(usage),
            None => self.models.push((model.to_owned(), *usage)),
        }
    }

    /// The sum over all models, in billionths of a US dollar.
    pub(crate) fn total_nanos(&self) -> u64 {
        self.models
            .iter()
            .map(|(model, usage)| cost_nanos(model, usage))
            .sum()
    }

    /// The usage of all models.
    pub(crate) fn total(&self) -> Usage {
        let mut sum = Usage::default();
        for (_, usage) in &self.models {
            sum.add(usage);
        }
        sum
    }

    /// The `modelUsage` of a `result`.
    pub(crate) fn model_usage(&self) -> Value {
        let entry = |(model, usage): &(String, Usage)| {
            let value = json!({
                "inputTokens": usage.input,
                "outputTokens": usage.output,
                "cacheReadInputTokens": usage.cache_read,
                "cacheCreationInputTokens": usage.cache_creation,
                "webSearchRequests": 0,
                "costUSD": dollars_value(cost_nanos(model, usage)),
                "contextWindow": 200_000,
                "maxOutputTokens": max_output(model),
            });
            (model.clone(), value)
        };
        Value::Object(self.models.iter().map(entry).collect())
    }
}

/// Dollars in the CLI's format: nothing is a plain `0`.
pub(crate) fn dollars_value(nanos: u64) -> Value {
    if nanos == 0 {
        json!(0)
    } else {
        json!(dollars(nanos))
    }
}

#[cfg(test)]
mod tests;
