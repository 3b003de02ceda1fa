use super::*;

#[test]
fn a_thread_gets_two_names_in_ten_minutes() {
    let start = Instant::now();
    let at = |secs| start + Duration::from_secs(secs);
    let mut renames = Renames::default();
    assert!(renames.may_show(Sign::Done, start, at(1)));
    // The second one is for the end of a turn.
    assert!(!renames.may_show(Sign::Working, at(2), at(2)));
    assert_eq!(renames.due, Some(at(601)));
    assert!(renames.may_show(Sign::Failed, at(2), at(4)));
    assert_eq!(renames.due, None);
    assert!(!renames.may_show(Sign::Done, at(5), at(6)));
    assert_eq!(renames.due, Some(at(601)));
    assert!(renames.may_show(Sign::Done, at(5), at(601)));
    assert!(!renames.may_show(Sign::Working, at(601), at(610)));
    assert_eq!(renames.due, Some(at(1201)));
    assert!(renames.may_show(Sign::Working, at(601), at(1201)));
}

#[test]
fn a_short_turn_changes_no_title() {
    let start = Instant::now();
    let mut renames = Renames::default();
    assert!(!renames.may_show(Sign::Working, start, start));
    assert_eq!(renames.due, Some(start + DEBOUNCE));
    assert!(renames.may_show(Sign::Working, start, start + DEBOUNCE));
}

#[test]
fn what_a_thread_does_has_a_beginning() {
    let start = Instant::now();
    let mut renames = Renames::default();
    assert_eq!(renames.since(Sign::Working, start), start);
    let later = start + DEBOUNCE;
    assert_eq!(renames.since(Sign::Working, later), start);
    assert_eq!(renames.since(Sign::Done, later), later);
    assert_eq!(renames.since(Sign::Working, later), later);
}
