//! What is known to be risky about allow rules and extra arguments. Pure.

mod known;
mod lint;
mod risk;

pub use lint::{Finding, lint, lint_rule};
pub use risk::{Capability, Risk};
