//! The argument of `!budget`.

use std::str::FromStr;

use crate::money::Usd;

/// More than any budget.
const TOO_MUCH: f64 = 1_000_000.0;

/// A change of the channel's budget for today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetChange {
    Set(Usd),
    /// What is configured applies again.
    Reset,
}

impl FromStr for BudgetChange {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        if word.eq_ignore_ascii_case("reset") {
            return Ok(Self::Reset);
        }
        let amount = word.strip_prefix('$').unwrap_or(word);
        let is_decimal = amount
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let dollars = amount.parse().ok().filter(|_| is_decimal);
        let dollars = dollars.filter(|dollars: &f64| *dollars <= TOO_MUCH);
        dollars
            .map(|dollars| Self::Set(Usd::from_dollars(dollars)))
            .ok_or(())
    }
}

#[cfg(test)]
mod tests;
