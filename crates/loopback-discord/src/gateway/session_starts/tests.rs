use super::*;

#[test]
fn a_day_has_a_fixed_number_of_starts() {
    let mut starts = SessionStarts::default();
    assert_eq!(starts.limit(5), (TOTAL, 0));
    for left in (0..TOTAL).rev() {
        assert!(starts.take(5));
        assert_eq!(starts.limit(5), (left, DAY_MS));
    }
    assert!(!starts.take(DAY_MS + 4));
    assert!(starts.take(DAY_MS + 5));
    assert_eq!(starts.limit(DAY_MS + 5), (TOTAL - 1, DAY_MS));
}
