use proptest::prelude::*;

use super::*;

fn json(billionths: u64) -> String {
    serde_json::to_string(&Usd(billionths)).unwrap()
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
    assert_eq!(Usd::from_dollars(f64::INFINITY), Usd(u64::MAX));
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
