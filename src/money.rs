//! Amounts of money, exact to a billionth of a dollar.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;

/// Billionths in a dollar.
const SCALE: u64 = 1_000_000_000;

/// An exponent that no amount reaches, however many digits it has.
const MAX_EXPONENT: i64 = 1 << 40;

/// US dollars in whole billionths. Sums are exact and saturate.
///
/// In JSON it is a plain decimal number, such as `0.0004225`: no exponent, no trailing zeros. Any JSON number can be
/// read; it is rounded to the nearest billionth, and a negative one is zero. Works with `serde_json` only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(u64);

impl Usd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount in billionths of a dollar.
    #[must_use]
    pub const fn from_billionths(billionths: u64) -> Self {
        Self(billionths)
    }

    /// Rounds to the nearest billionth. A negative amount and NaN are zero.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which is what is wanted"
    )]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * SCALE as f64).round() as u64)
    }

    /// Billionths of a dollar.
    #[must_use]
    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// Dollars as a float, for displays that round anyway.
    #[must_use]
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
        // A float has too few digits for large amounts.
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
    // How many digits of the number of billionths stand before its decimal point.
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

/// Rounds to 15 significant digits, which removes the noise that arithmetic leaves in a float's last digits:
/// `2.9999999999999997e-6` becomes `3e-6`.
#[must_use]
pub fn without_noise(value: f64) -> f64 {
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    if f64::is_finite(rounded) {
        rounded
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(billionths: u64) -> String {
        serde_json::to_string(&Usd::from_billionths(billionths)).unwrap()
    }

    #[test]
    fn json_is_a_plain_decimal() {
        for (billionths, expected) in [
            (0, "0"),
            (1, "0.000000001"),
            (422_500, "0.0004225"),
            (100_000_000, "0.1"),
            (SCALE, "1"),
            (12_500_000_000, "12.5"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            assert_eq!(json(billionths), expected);
        }
    }

    #[test]
    fn any_json_number_is_read() {
        for (text, billionths) in [
            ("0", 0),
            ("-0.0", 0),
            ("-3", 0),
            ("-0.5", 0),
            ("3", 3 * SCALE),
            ("1e-9", 1),
            ("4.225e-4", 422_500),
            ("0.1234567894", 123_456_789),
            ("0.1234567895", 123_456_790),
            ("0.30000000000000004", 300_000_000),
            ("1e300", u64::MAX),
            ("18446744073709551615", u64::MAX),
            ("18446744073.709551615", u64::MAX),
            ("18446744073.709551614", u64::MAX - 1),
            ("9007199.254740993", 9_007_199_254_740_993),
            ("0.0000000005", 1),
            ("0.00000000049999", 0),
            ("4E-10", 0),
            ("5e-10", 1),
            ("1e-999999999999999999999", 0),
            ("1e999999999999999999999", u64::MAX),
            ("0e999999999999999999999", 0),
            ("0.00012e+4", 1_200_000_000),
            ("125e-1", 12_500_000_000),
        ] {
            assert_eq!(
                serde_json::from_str::<Usd>(text).unwrap().billionths(),
                billionths,
                "{text}"
            );
        }
        for text in ["\"1\"", "null", "[]", "true"] {
            assert!(serde_json::from_str::<Usd>(text).is_err(), "{text}");
        }
        assert_eq!(Usd::from_dollars(f64::NAN), Usd::ZERO);
        assert_eq!(
            Usd::from_dollars(f64::INFINITY),
            Usd::from_billionths(u64::MAX)
        );
    }

    #[test]
    fn noise_is_rounded_away() {
        for (noisy, clean) in [
            (2.999_999_999_999_999_7e-6, "3e-6"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.333333333333333"),
            (0.0, "0.0"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            let found = without_noise(noisy);
            assert_eq!(serde_json::to_string(&found).unwrap(), clean);
        }
    }

    proptest! {
        #[test]
        fn amounts_are_read_back_exactly(billionths in any::<u64>()) {
            let text = json(billionths);
            prop_assert_eq!(serde_json::from_str::<Usd>(&text).unwrap().billionths(), billionths);
            prop_assert!(!text.contains('e') && (!text.contains('.') || !text.ends_with('0')));
        }

        #[test]
        fn text_and_float_agree(dollars in 0.0..1_000_000.0_f64) {
            let text = serde_json::to_string(&dollars).unwrap();
            let (read, rounded) = (parse(&text).unwrap(), Usd::from_dollars(dollars));
            prop_assert!(read.billionths().abs_diff(rounded.billionths()) <= 1, "{read} {rounded}");
        }

        #[test]
        fn removing_noise_twice_changes_nothing(value in any::<f64>()) {
            prop_assume!(value.is_normal());
            let once = without_noise(value);
            prop_assert_eq!(without_noise(once).to_bits(), once.to_bits());
            prop_assert!(((once - value) / value).abs() < 1e-14);
        }
    }
}
