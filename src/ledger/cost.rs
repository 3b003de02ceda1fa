//! A turn's cost, derived from the CLI's running total.
//!
//! A `result` carries `total_cost_usd`, a running total. Where it starts depends on the CLI (measured):
//!
//! * A new session starts at 0.
//! * A resumed session starts at 0 before 2.1.277, and later at the total that the CLI saved, which it does only on a
//!   clean exit. After a SIGKILL the saved total is an older one, or 0.
//! * The control request `get_usage` returns the start exactly, on both.
//!
//! So a turn's cost is the difference of two totals, and the first total is requested, not assumed. If the CLI does
//! not answer, the version decides, and a total that makes no sense is replaced by an estimate.
//!
//! The API bills an interrupted call. CLI 2.1.329 counts it; 2.1.197 counts 0 for it, so its cost is estimated from its
//! tokens and the price of a token in earlier turns.
//!
//! Totals and prices are floats, as the CLI prints them. A turn's cost is rounded once, to an exact [`Usd`].

use crate::{
    claude::protocol::{TurnResult, Usage},
    money::Usd,
};

/// The version from which a resumed session's total continues from the saved one.
const CONTINUES_FROM: [u64; 3] = [2, 1, 277];

/// Prices relative to uncached input, the same for all models of the API's price list.
const OUTPUT: f64 = 5.0;
const CACHE_WRITE: f64 = 1.25;
const CACHE_READ: f64 = 0.1;

/// Tracks the running total of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    before: Before,
    /// Dollars per weighted token in the last result that had a price.
    unit_cost_usd: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Before {
    /// The total before the next result.
    Known(f64),
    /// The session was resumed, and the CLI has not reported its total: the one saved in the registry.
    Assumed { saved: f64 },
}

/// A turn's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// US dollars at list price.
    pub usd: Usd,
    /// Whether it is an estimate.
    pub estimated: bool,
}

impl Meter {
    /// The meter of a process that starts a new session.
    #[must_use]
    pub fn fresh(unit_cost_usd: Option<f64>) -> Self {
        Self {
            before: Before::Known(0.0),
            unit_cost_usd,
        }
    }

    /// The meter of a process that resumes a session. `saved` is the total after the session's last result.
    #[must_use]
    pub fn resumed(saved: f64, unit_cost_usd: Option<f64>) -> Self {
        Self {
            before: Before::Assumed { saved },
            unit_cost_usd,
        }
    }

    /// Sets the total that the CLI reported before any turn.
    pub fn set_start(&mut self, total_usd: f64) {
        self.before = Before::Known(total_usd);
    }

    /// The running total after the last result, for the registry.
    #[must_use]
    pub fn total_usd(&self) -> f64 {
        match self.before {
            Before::Known(total) | Before::Assumed { saved: total } => total,
        }
    }

    /// Dollars per weighted token, for the registry.
    #[must_use]
    pub fn unit_cost_usd(&self) -> Option<f64> {
        self.unit_cost_usd
    }

    /// Forgets the price: the next turn uses another model.
    pub fn forget_price(&mut self) {
        self.unit_cost_usd = None;
    }

    /// The cost of a turn that ended with a `result`. `usage` is that of its main thread, `version` the CLI's, `model`
    /// the one that answered.
    pub fn result(
        &mut self,
        result: &TurnResult,
        usage: &Usage,
        version: Option<&str>,
        model: Option<&str>,
    ) -> Cost {
        let before = self.before;
        self.learn_price(result, model);
        let counted = match (result.total_cost_usd, before) {
            // After some crashes all totals are zero, which says nothing about the cost.
            (Some(total), Before::Known(before))
                if result.is_error && total == 0.0 && before > 0.0 =>
            {
                None
            }
            (Some(total), Before::Known(before)) if total >= before => {
                self.before = Before::Known(total);
                Some(total - before)
            }
            (Some(total), Before::Known(before)) => {
                tracing::warn!(
                    total,
                    before,
                    "the CLI's cost total decreased; counting from 0"
                );
                self.before = Before::Known(total);
                Some(total)
            }
            (Some(total), Before::Assumed { saved }) => {
                self.before = Before::Known(total);
                first_after_resume(result, version, total, saved)
            }
            (None, _) => result.cost_since_last_usd,
        };
        let uncounted = usage.without(&result.usage);
        match (counted, self.unit_cost_usd) {
            // The last call was interrupted: 2.1.329 counts it, 2.1.197 counts only those before it.
            (Some(usd), Some(unit)) if !uncounted.is_zero() && usd < 0.9 * unit * weight(usage) => {
                Cost {
                    usd: Usd::from_dollars(usd + unit * weight(&uncounted)),
                    estimated: true,
                }
            }
            (Some(usd), _) if usd > 0.0 || usage.is_zero() => Cost {
                usd: Usd::from_dollars(usd),
                estimated: false,
            },
            _ => self.unpriced(usage),
        }
    }

    /// The cost of a turn whose process ended before the `result`.
    #[must_use]
    pub fn cut_off(&self, usage: &Usage) -> Cost {
        self.unpriced(usage)
    }

    fn unpriced(&self, usage: &Usage) -> Cost {
        match self.unit_cost_usd {
            Some(unit) if !usage.is_zero() => Cost {
                usd: Usd::from_dollars(unit * weight(usage)),
                estimated: true,
            },
            _ => Cost {
                usd: Usd::ZERO,
                estimated: !usage.is_zero(),
            },
        }
    }

    /// Derives the price of a weighted token from the result's running totals by model.
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

/// Whether a CLI of this version continues from its saved total. An unreadable version counts as a new one.
fn continues(version: &str) -> bool {
    let mut parts = version
        .split(['.', '-'])
        .map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
    let version: [u64; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
    version >= CONTINUES_FROM
}

#[cfg(test)]
mod tests;
