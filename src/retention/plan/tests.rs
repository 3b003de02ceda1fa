use chrono::TimeDelta;

use super::*;
use crate::registry::state::{Fork, StoredPost};

const HERE: ChannelId = ChannelId(1);

fn day(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

fn record(session: &str, last: i64) -> Record {
    Record::new(session.to_owned(), "sonnet".to_owned(), day(last))
}

/// What of session `a` and of the attachments here goes on day 40, if 30 days are kept: the file is of day `at`.
#[track_caller]
fn check(record: &Record, live: &[ChannelId], at: i64, goes: (bool, bool)) {
    let live = live.iter().copied().collect();
    let since = day(10);
    let in_use = InUse::of([(HERE, record.clone())].into_iter(), &live, since);
    let users = [
        User::Session("a".to_owned()),
        User::Channels(vec![ChannelId(7), HERE]),
    ];
    let found = users.map(|user| Found {
        name: "f".to_owned(),
        kind: Kind::Transcript,
        at: day(at),
        user,
    });
    let old = found.iter().filter(|found| found.is_older(since)).cloned();
    let gone: Vec<_> = in_use.going(old.collect()).collect();
    let is_gone = |found: &Found| gone.contains(found);
    assert_eq!((is_gone(&found[0]), is_gone(&found[1])), goes, "{record:?}");
}

#[test]
fn what_is_old_and_not_in_use_goes() {
    check(&record("a", 9), &[], 9, (true, true));
    check(&record("a", 9), &[], 10, (false, false));
    check(&record("a", 10), &[], 9, (false, true));
    check(&record("another", 40), &[], 9, (true, true));
    check(&record("a", 9), &[ChannelId(2)], 9, (true, true));
    // A process lives.
    check(&record("a", 9), &[HERE], 9, (false, false));
    // It is not known when it was used.
    let mut unknown = record("a", 9);
    unknown.last_message_at.clear();
    check(&unknown, &[], 9, (false, true));
}

#[test]
fn earlier_and_forked_sessions_are_kept_as_long() {
    let mut now = record("b", 40);
    now.earlier = vec![record("a", 9)];
    check(&now, &[], 9, (true, true));
    now.earlier = vec![record("a", 11)];
    check(&now, &[], 9, (false, true));
    let mut fork = record("b", 40);
    fork.state.fork = Some(Fork {
        from: "a".to_owned(),
        at: "u".to_owned(),
    });
    check(&fork, &[], 9, (false, true));
    // A `!clear` can be undone.
    let mut cleared = record("b", 9);
    cleared.earlier = vec![record("a", 9)];
    cleared.state.put_post(StoredPost {
        key: "u.1".to_owned(),
        ..StoredPost::default()
    });
    check(&cleared, &[], 9, (false, false));
}

#[test]
fn a_thread_keeps_the_files_of_its_channel() {
    let mut thread = record("a", 9);
    thread.state.works_in = Some(HERE);
    let live = BTreeSet::from([ChannelId(2)]);
    let in_use = InUse::of([(ChannelId(2), thread)].into_iter(), &live, day(10));
    assert!(in_use.has_channel(HERE));
}

#[test]
fn a_claimed_session_goes_only_if_a_record_names_it() {
    let mut now = record("b", 40);
    now.earlier = vec![record("a", 9)];
    let in_use = InUse::of([(HERE, now)].into_iter(), &BTreeSet::new(), day(10));
    let found = ["a", "b", "of a terminal"].map(|session| Found {
        name: session.to_owned(),
        kind: Kind::Transcript,
        at: day(9),
        user: User::Claimed(session.to_owned()),
    });
    let gone: Vec<_> = in_use.going(found.to_vec()).map(|it| it.name).collect();
    assert_eq!(gone, ["a"]);
}
