//! List prices, and the costs of calls.
//!
//! Measured by `total_cost_usd` of CLI 2.1.197 and 2.1.329, for each model and each kind of token.

use std::collections::BTreeMap;

use crate::usage::Usage;

/// Prices in USD for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Prompt tokens that were not cached.
    pub input: f64,
    /// Tokens of the answer.
    pub output: f64,
    /// Prompt tokens read from the cache.
    pub cache_read: f64,
    /// Prompt tokens written to the five-minute cache.
    pub cache_write: f64,
}

/// A prompt with more tokens than this has the higher price, if a model has two.
const LONG_PROMPT: u64 = 100_000;

const fn price(input: f64, output: f64, cache_read: f64, cache_write: f64) -> Price {
    Price {
        input,
        output,
        cache_read,
        cache_write,
    }
}

/// The start of a model's id, its price, and its price for a long prompt. The first match applies.
///
/// CLI 2.1.197 resolves `haiku`, `sonnet` and `opus` to `claude-haiku-4-5-20251001`,
/// `claude-sonnet-5` and `claude-opus-4-8`; 2.1.329 to `claude-haiku-5-5`, `claude-sonnet-5-5` and
/// `claude-opus-5-5`.
const LIST: [(&str, Price, Price); 7] = [
    (
        "claude-haiku-5-5",
        price(0.1, 0.5, 0.01, 0.125),
        price(0.5, 2.5, 0.05, 0.625),
    ),
    same("claude-haiku-4-5", price(1.0, 5.0, 0.1, 1.25)),
    same("claude-sonnet-5-5", price(2.0, 10.0, 0.1, 2.5)),
    same("claude-sonnet-5", price(3.0, 15.0, 0.3, 3.75)),
    same("claude-opus-5-5", price(4.0, 20.0, 0.2, 5.0)),
    same("claude-opus-4-8", price(5.0, 25.0, 0.5, 6.25)),
    same("claude-fable-5-2", price(8.0, 40.0, 0.2, 10.0)),
];

const fn same(model: &str, price: Price) -> (&str, Price, Price) {
    (model, price, price)
}

/// The list price of `model` for a prompt of this many tokens; `None` if the model is not on the list.
#[must_use]
pub fn list_price(model: &str, prompt_tokens: u64) -> Option<Price> {
    let (_, short, long) = LIST.iter().find(|(start, ..)| model.starts_with(start))?;
    Some(if prompt_tokens > LONG_PROMPT {
        *long
    } else {
        *short
    })
}

/// The cost of one call in USD; `None` if the model is not on the list.
#[must_use]
pub fn cost(model: &str, usage: &Usage) -> Option<f64> {
    let price = list_price(model, usage.prompt_tokens())?;
    let kinds = [
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_input_tokens, price.cache_read),
        (usage.cache_creation_input_tokens, price.cache_write),
    ];
    Some(
        kinds
            .iter()
            .map(|(tokens, price)| million(*tokens) * price)
            .sum(),
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "token counts are far below 2^52"
)]
fn million(tokens: u64) -> f64 {
    tokens as f64 / 1e6
}

/// The costs of all calls so far, in USD.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bill {
    /// The cost of each call, in the order of the requests. A refused call costs nothing, an aborted
    /// one what the client had been told; a model without a list price counts as free.
    pub calls: Vec<f64>,
    /// The sum for each model.
    pub models: BTreeMap<String, f64>,
    /// The called models without a list price.
    pub unpriced: Vec<String>,
}

impl Bill {
    /// The sum of all calls.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.calls.iter().sum()
    }

    pub(crate) fn add(&mut self, model: &str, usage: &Usage) {
        let cost = cost(model, usage);
        if cost.is_none() && !self.unpriced.iter().any(|known| known == model) {
            self.unpriced.push(model.to_owned());
        }
        self.calls.push(cost.unwrap_or(0.0));
        *self.models.entry(model.to_owned()).or_default() += cost.unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests;
