use std::time::Duration;

use super::*;

#[test]
fn a_file_of_any_time_has_one() {
    let at = |seconds| time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(86_400).to_rfc3339(), "1970-01-02T00:00:00+00:00");
    assert_eq!(at(99_999_999_999_999), DateTime::<Utc>::MAX_UTC);
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(time(before), DateTime::UNIX_EPOCH);
}
