//! Times that were measured, and what is said of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

/// The columns that [`Samples::cells`] fills.
pub(crate) const COLUMNS: [&str; 6] = [
    "what",
    "samples",
    "median ms",
    "p95 ms",
    "p99 ms",
    "spread ms",
];

impl Samples {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e3);
    }

    /// The value that this part of the samples does not exceed; 0 without samples.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list"
        )]
        let place = (part * sorted.len() as f64).ceil() as usize;
        sorted.get(place.max(1) - 1).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub(crate) fn p95(&self) -> f64 {
        self.quantile(0.95)
    }

    /// The distance between the quarters.
    fn spread(&self) -> f64 {
        self.quantile(0.75) - self.quantile(0.25)
    }

    /// A row of a table with [`COLUMNS`].
    pub(crate) fn cells(&self, name: &str) -> Vec<Value> {
        let mut cells = vec![json!(name), json!(self.0.len())];
        cells.extend(self.figures());
        cells
    }

    /// The median, the 95th and 99th percentiles and the spread.
    pub(crate) fn figures(&self) -> [Value; 4] {
        [
            self.median(),
            self.p95(),
            self.quantile(0.99),
            self.spread(),
        ]
        .map(Value::from)
    }
}

#[cfg(test)]
mod tests;
