use super::*;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn rate_limits_use_up_no_tries_until_one_is_in_doubt() {
    let now = Instant::now();
    let mut patience = Patience::new(2 * MINUTE, true, now);
    assert!(patience.outlasts(now + 60 * MINUTE));
    patience.limited(60 * MINUTE);
    assert!(patience.allows(now + 61 * MINUTE) && !patience.allows(now + 62 * MINUTE));
    patience.mark_uncertain();
    assert!(patience.outlasts(now + 61 * MINUTE) && !patience.outlasts(now + 62 * MINUTE));
    patience.limited(60 * MINUTE);
    assert!(!patience.allows(now + 62 * MINUTE));
}

#[test]
fn limits_cost_what_does_not_outlast_them_its_patience() {
    let now = Instant::now();
    let mut patience = Patience::new(MINUTE, false, now);
    patience.limited(MINUTE);
    assert_eq!(patience.until(), Some(now + MINUTE));
    assert!(!patience.outlasts(now + MINUTE) && !patience.allows(now + MINUTE));
}
