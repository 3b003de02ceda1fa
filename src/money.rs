//! Amounts of money, exact to a billionth of a dollar.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;

/// Billionths per dollar.
const SCALE: u64 = 1_000_000_000;

/// An exponent that no amount reaches, however many digits it has.
const MAX_EXPONENT: i64 = 1 << 40;

/// US dollars in whole billionths. Sums are exact and saturate.
///
/// In JSON it is written as a plain decimal number, such as `0.0004225`, without an exponent. Any JSON number can be read.
/// It is rounded to the nearest billionth, and a negative one is zero. Works only with `serde_json`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(u64);

impl Usd {
    pub const ZERO: Self = Self(0);

    /// Rounds to the nearest billionth. A negative amount and NaN are zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the cast saturates, as it should"
    )]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * SCALE as f64).round() as u64)
    }

    pub const fn from_billionths(billionths: u64) -> Self {
        Self(billionths)
    }

    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// Dollars as a float, for displays that round.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact below 2^53 billionths, nine million dollars"
    )]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, billionths) = (self.0 / SCALE, self.0 % SCALE);
        if billionths == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{billionths:09}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // serde_json would write a small float with an exponent.
        let number = RawValue::from_string(self.to_string()).map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A float is not exact for large amounts.
        let number = Box::<RawValue>::deserialize(deserializer)?;
        parse(number.get()).ok_or_else(|| D::Error::custom("expected a number of dollars"))
    }
}

/// Reads a JSON number exactly and rounds it to the nearest billionth.
fn parse(number: &str) -> Option<Usd> {
    if number.starts_with('-') {
        return Some(Usd::ZERO);
    }
    if !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(Usd::ZERO);
    }
    // Beyond this range, only the sign of an exponent matters.
    let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') {
        -MAX_EXPONENT
    } else {
        MAX_EXPONENT
    });
    let exponent = exponent.clamp(-MAX_EXPONENT, MAX_EXPONENT);
    let length = i64::try_from(significant.len()).ok()?;
    // The number of digits of the billionths before their decimal point.
    let kept = length + exponent - i64::try_from(fraction.len()).ok()? + 9;
    if kept < 0 {
        return Some(Usd::ZERO);
    }
    if kept > 20 {
        return Some(Usd(u64::MAX));
    }
    let mut digits = significant.bytes().map(|digit| u128::from(digit - b'0'));
    let billionths = (0..kept).fold(0, |sum, _| sum * 10 + digits.next().unwrap_or(0));
    let rounded = billionths + u128::from(digits.next().unwrap_or(0) >= 5);
    Some(Usd(u64::try_from(rounded).unwrap_or(u64::MAX)))
}

/// Rounds to 15 significant digits, which removes rounding errors: `2.9999999999999997e-6` becomes `3e-6`.
pub fn without_noise(value: f64) -> f64 {
    let rounded = format!("{value:.14e}").parse().ok();
    rounded
        .filter(|rounded: &f64| rounded.is_finite())
        .unwrap_or(value)
}

#[cfg(test)]
mod tests;
