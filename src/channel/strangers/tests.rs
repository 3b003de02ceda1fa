use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

#[test]
fn a_person_is_told_once_a_day_in_each_channel() {
    let mut strangers = Strangers::default();
    let mut tells = |channel, minutes| strangers.tell(ChannelId(channel), UserId(1), at(minutes));
    assert!(tells(1, 0));
    assert!(!tells(1, 1));
    assert!(tells(2, 1), "another channel");
    assert!(!tells(1, 24 * 60 - 1));
    assert!(tells(1, 24 * 60));
}

#[test]
fn a_crowd_does_not_make_the_bot_talk() {
    let mut strangers = Strangers::default();
    let mut tells = |person, minutes| strangers.tell(ChannelId(1), UserId(person), at(minutes));
    let told = (0..100).filter(|person| tells(*person, 0)).count();
    assert_eq!(told, MOST);
    assert!(tells(99, 60), "one who was not told is told later");
}

#[test]
fn who_has_read_it_is_not_told_again() {
    let mut strangers = Strangers::default();
    strangers.mark_told(ChannelId(1), UserId(1), at(0));
    assert!(!strangers.tell(ChannelId(1), UserId(1), at(1)));
}
