use super::*;

#[test]
fn amounts_are_plain_decimals() {
    for (word, expected) in [
        ("5", Some(5.0)),
        ("$5", Some(5.0)),
        ("2.50", Some(2.5)),
        ("0", Some(0.0)),
        ("1000000", Some(1e6)),
        ("1000001", None),
        ("5,50", None),
        ("-5", None),
        ("+5", None),
        ("1e3", None),
        ("inf", None),
        ("$", None),
        (".", None),
        ("", None),
        ("5€", None),
    ] {
        let expected = expected.map(|dollars| BudgetChange::Set(Usd::from_dollars(dollars)));
        assert_eq!(word.parse().ok(), expected, "{word}");
    }
    assert_eq!("Reset".parse(), Ok(BudgetChange::Reset));
}
