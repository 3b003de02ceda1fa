use std::time::Duration;

use super::*;

#[test]
fn messages_that_are_too_old_are_skipped_after_a_while() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let bounds = CatchUp {
        max_age: Duration::from_hours(1),
        max_messages: 3,
    };
    let at = |minutes_ago| MessageId::at(now - chrono::Duration::minutes(minutes_ago));
    let (old, new) = (at(90), at(30));
    let begin = MessageId(at(60).0 - 1);
    for number in [1, 9, 11] {
        assert_eq!(go_on(number, old, &bounds, now), (old, false));
    }
    assert_eq!(go_on(10, old, &bounds, now), (begin, true));
    assert_eq!(go_on(10, new, &bounds, now), (new, false));
}

#[test]
fn what_is_too_old_or_too_much_is_skipped() {
    #[track_caller]
    fn check(minutes_ago: &[i64], skipped: usize, bounds: &CatchUp, now: DateTime<Utc>) {
        let missed: Vec<_> = minutes_ago
            .iter()
            .map(|minutes| {
                (
                    MessageId::at(now - chrono::Duration::minutes(*minutes)),
                    *minutes,
                )
            })
            .collect();
        let plan = plan(missed, bounds, now);
        assert_eq!(plan.skipped, skipped, "{minutes_ago:?}");
        let last = plan.last_skipped.map(|(_, minutes)| minutes);
        assert_eq!(last, skipped.checked_sub(1).map(|last| minutes_ago[last]));
        let answered: Vec<_> = plan.answered.iter().map(|(_, minutes)| *minutes).collect();
        assert_eq!(answered, minutes_ago[skipped..]);
    }
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let bounds = CatchUp {
        max_age: Duration::from_hours(1),
        max_messages: 3,
    };
    check(&[], 0, &bounds, now);
    check(&[59, 2, 1], 0, &bounds, now);
    check(&[61, 2, 1], 1, &bounds, now);
    check(&[100, 90, 80], 3, &bounds, now);
    check(&[5, 4, 3, 2, 1], 2, &bounds, now);
    check(&[70, 65, 4, 3, 2, 1], 3, &bounds, now);
    // A clock that went back: what seems to come from the future is answered.
    check(&[-90, -95], 0, &bounds, now);
}
