//! A turn's cost, derived from the CLI's running total.
//!
//! A `result` has `total_cost_usd`, a running total, so a turn's cost is the difference of two totals. Where the total
//! starts depends on the CLI (measured):
//!
//! * In a new session at 0.
//! * In a resumed session at 0 before 2.1.277, later at the total that the CLI saved on its last clean exit. After a
//!   SIGKILL that is an older total, or 0.
//!
//! The control request `get_usage` returns the start. If the CLI does not answer it, the version decides. An implausible
//! total is replaced by an estimate.
//!
//! The API bills an interrupted call. CLI 2.1.329 counts it; 2.1.197 does not, so its cost is estimated from its tokens
//! and the price of a token in earlier turns.
//!
//! A running turn is priced from its tokens too, so that it can be stopped where a budget ends. Until a model's price is
//! learned, it is assumed.
//!
//! Totals and prices are floats, as the CLI prints them. A turn's cost is rounded once, to an exact [`Usd`].

use crate::{
    claude::protocol::{TurnResult, Usage},
    money::Usd,
};

/// From this version on, a resumed session's total continues from the saved one.
const CONTINUES_FROM: [u64; 3] = [2, 1, 277];

/// Prices relative to uncached input, the same for all models in the API's price list.
const OUTPUT: f64 = 5.0;
const CACHE_WRITE: f64 = 1.25;
const CACHE_READ: f64 = 0.1;

/// Dollars for a million input tokens, by a part of the model's name. The first match applies; other models are assumed to
/// be dear.
const INPUT_PRICES: [(&str, f64); 3] = [("haiku", 1.0), ("sonnet", 3.0), ("opus", 5.0)];
const DEAR: f64 = 10.0;

/// Tracks the running total of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    /// The total before the next result. If not `is_known`, the one saved in the registry: the session was resumed, and the
    /// CLI has not reported its total.
    before: f64,
    is_known: bool,
    /// Dollars per weighted token in the last result that had a price, or [assumed](Self::assume_price) before that.
    unit_cost_usd: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// At list price.
    pub usd: Usd,
    pub estimated: bool,
}

impl Cost {
    pub const ZERO: Self = Self {
        usd: Usd::ZERO,
        estimated: false,
    };
}

impl Meter {
    /// The meter of a process that starts a new session.
    pub fn fresh(unit_cost_usd: Option<f64>) -> Self {
        Self {
            before: 0.0,
            is_known: true,
            unit_cost_usd,
        }
    }

    /// The meter of a process that resumes a session. `saved` is the total after the session's last result.
    pub fn resumed(saved: f64, unit_cost_usd: Option<f64>) -> Self {
        Self {
            before: saved,
            is_known: false,
            unit_cost_usd,
        }
    }

    /// Sets the total that the CLI reported before its first turn.
    pub fn set_start(&mut self, total_usd: f64) {
        self.before = total_usd;
        self.is_known = true;
    }

    /// The running total after the last result, for the registry.
    pub fn total_usd(&self) -> f64 {
        self.before
    }

    /// Dollars per weighted token, for the registry.
    pub fn unit_cost_usd(&self) -> Option<f64> {
        self.unit_cost_usd
    }

    /// Forgets the price, because the next turn uses another model.
    pub fn forget_price(&mut self) {
        self.unit_cost_usd = None;
    }

    /// Assumes the price of a model that has had no result yet.
    pub fn assume_price(&mut self, model: &str) {
        self.unit_cost_usd.get_or_insert_with(|| list_price(model));
    }

    /// What a turn has cost so far. `subagents` are the tokens of its subagents, by model.
    pub fn so_far<'a>(
        &self,
        (model, usage): (&str, &Usage),
        subagents: impl Iterator<Item = (&'a str, &'a Usage)>,
    ) -> Usd {
        let unit = self.unit_cost_usd.unwrap_or_else(|| list_price(model));
        Usd::from_dollars(unit * weight(usage) + self.subagents(model, subagents))
    }

    /// What the subagents of a turn with this model have cost.
    fn subagents<'a>(
        &self,
        model: &str,
        usages: impl Iterator<Item = (&'a str, &'a Usage)>,
    ) -> f64 {
        let unit = |of: &str| {
            let learned = self.unit_cost_usd.filter(|_| of == model);
            learned.unwrap_or_else(|| list_price(of))
        };
        usages.map(|(of, usage)| unit(of) * weight(usage)).sum()
    }

    /// The cost of a turn that ended with a `result`. `usage` is its main thread's, `version` the CLI's, `model` the one
    /// that answered.
    pub fn result(
        &mut self,
        result: &TurnResult,
        usage: &Usage,
        version: Option<&str>,
        model: Option<&str>,
    ) -> Cost {
        self.learn_price(result, model);
        let counted = match result.total_cost_usd {
            None => result.cost_since_last_usd,
            // After some crashes, all totals are zero, which says nothing about the cost.
            Some(0.0) if self.is_known && result.is_error && self.before > 0.0 => None,
            Some(total) => {
                let (before, was_known) = (self.before, self.is_known);
                self.set_start(total);
                if !was_known {
                    first_after_resume(result, version, total, before)
                } else if total >= before {
                    Some(total - before)
                } else {
                    tracing::warn!(
                        total,
                        before,
                        "the CLI's cost total decreased; counting from 0"
                    );
                    Some(total)
                }
            }
        };
        let uncounted = usage.without(&result.usage);
        let (usd, estimated) = match (counted, self.unit_cost_usd) {
            // The last call was interrupted: 2.1.329 counts it, 2.1.197 only the calls before it.
            (Some(usd), Some(unit)) if !uncounted.is_zero() && usd < 0.9 * unit * weight(usage) => {
                (usd + unit * weight(&uncounted), true)
            }
            (Some(usd), _) if usd > 0.0 || usage.is_zero() => (usd, false),
            _ => return self.cut_off(("", usage), std::iter::empty()),
        };
        let usd = Usd::from_dollars(usd);
        Cost { usd, estimated }
    }

    /// What was spent since the last total, according to a new one. Nothing if the last one is not known.
    pub fn counted(&mut self, total_usd: f64) -> Cost {
        let (before, was_known) = (self.before, self.is_known);
        self.set_start(total_usd);
        if was_known && total_usd > before {
            Cost {
                usd: Usd::from_dollars(total_usd - before),
                estimated: false,
            }
        } else {
            Cost::ZERO
        }
    }

    /// The estimated cost of a turn without a `result`. `subagents` are the tokens of its subagents, by model.
    pub fn cut_off<'a>(
        &self,
        (model, usage): (&str, &Usage),
        subagents: impl Iterator<Item = (&'a str, &'a Usage)>,
    ) -> Cost {
        let subagents = self.subagents(model, subagents);
        let main = self.unit_cost_usd.unwrap_or(0.0) * weight(usage);
        Cost {
            usd: Usd::from_dollars(main + subagents),
            estimated: !usage.is_zero() || subagents > 0.0,
        }
    }

    /// Derives the price of a weighted token from the result's totals by model.
    fn learn_price(&mut self, result: &TurnResult, model: Option<&str>) {
        let priced = result
            .model_usage
            .iter()
            .filter(|entry| entry.cost_usd > 0.0 && weight(&entry.usage) > 0.0);
        // The key may have a suffix: `claude-opus-4-8[1m]`.
        let answered =
            priced.filter(|entry| model.is_none_or(|model| entry.model.starts_with(model)));
        let main = answered.max_by(|a, b| weight(&a.usage).total_cmp(&weight(&b.usage)));
        if let Some(entry) = main {
            self.unit_cost_usd = Some(entry.cost_usd / weight(&entry.usage));
        }
    }
}

/// Dollars per weighted token of a model that has had no result yet.
fn list_price(model: &str) -> f64 {
    let known = INPUT_PRICES.iter().find(|(name, _)| model.contains(name));
    known.map_or(DEAR, |(_, price)| *price) / 1e6
}

/// The cost of the first result after a resume if the start is unknown; `None` if it cannot be determined.
fn first_after_resume(
    result: &TurnResult,
    version: Option<&str>,
    total: f64,
    saved: f64,
) -> Option<f64> {
    if let Some(usd) = result.cost_since_last_usd {
        return Some(usd);
    }
    if !version.is_some_and(continues) {
        return Some(total);
    }
    if total >= saved {
        return Some(total - saved);
    }
    tracing::warn!(
        total,
        saved,
        "the CLI's cost total is older than the registry's; estimating the turn's cost"
    );
    None
}

/// Tokens, weighted by their price relative to an uncached input token.
fn weight(usage: &Usage) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of tokens is far below 2^52"
    )]
    let count = |tokens: u64| tokens as f64;
    count(usage.input_tokens)
        + OUTPUT * count(usage.output_tokens)
        + CACHE_WRITE * count(usage.cache_creation_tokens)
        + CACHE_READ * count(usage.cache_read_tokens)
}

/// Whether a CLI of this version continues from its saved total. An unreadable version is taken for a new one.
fn continues(version: &str) -> bool {
    let mut parts = version
        .split(['.', '-'])
        .map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
    let version: [u64; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
    version >= CONTINUES_FROM
}

#[cfg(test)]
mod tests;
