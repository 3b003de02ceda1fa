use super::*;

#[test]
fn the_first_admin_is_told_and_nobody_else() {
    let issues = [LoadIssue::Unreadable {
        path: "active.json".into(),
        error: "denied".into(),
        fallback: crate::registry::issue::Fallback::Empty,
    }];
    let notice = AdminNotice::about(&issues);
    assert_eq!(notice.for_reader(Role::Member), None);
    assert!(notice.for_reader(Role::Admin).is_some());
    assert_eq!(notice.for_reader(Role::Owner), None);
    assert_eq!(AdminNotice::about(&[]).for_reader(Role::Owner), None);
}
