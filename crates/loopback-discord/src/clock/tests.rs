use super::*;

#[test]
fn times_have_discords_format() {
    assert_eq!(
        iso8601(1_792_000_000_123),
        "2026-10-14T17:46:40.123000+00:00"
    );
}
