use super::{recovery::busy_last_first, *};
use crate::registry::Record;

#[test]
fn only_the_first_admin_gets_the_notice() {
    let mut notice = Some("broken".to_owned());
    assert_eq!(take_notice(&mut notice, Role::Member), None);
    let told = take_notice(&mut notice, Role::Admin);
    assert_eq!(told.as_deref(), Some("broken"));
    assert_eq!(take_notice(&mut notice, Role::Owner), None);
}

#[test]
fn channels_that_were_busy_last_come_up_first() {
    let record = |at: &str| Record {
        last_message_at: at.to_owned(),
        ..Record::new("s".into(), "sonnet".into(), Utc::now())
    };
    let records = [
        (ChannelId(1), record("2026-11-29T12:00:00.000Z")),
        (ChannelId(2), record("2026-11-30T09:30:00.000Z")),
        (ChannelId(3), record("2026-11-30T09:30:00.001Z")),
        // A file that somebody has written.
        (ChannelId(4), record("")),
    ];
    let order = busy_last_first(records.into_iter());
    assert_eq!(order, [3, 2, 1, 4].map(ChannelId));
}
