use chrono::{DateTime, Utc};

use super::*;
use crate::{
    money::Usd,
    snowflake::{ChannelId, MessageId, UserId},
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn lines_are_stored_by_month_and_added_up_by_period() {
    let folder = tempfile::tempdir().unwrap();
    let usage = folder.path().join(FOLDER);
    for (time, cost) in [
        ("2026-10-31T23:59:59Z", 1.0),
        ("2026-11-01T00:00:00Z", 2.0),
        ("2026-11-21T12:00:00Z", 4.0),
    ] {
        append(
            &usage,
            &[Entry::from(TurnLine {
                time: at(time),
                turn: time.into(),
                cost_usd: Usd::from_dollars(cost),
                ..example()
            })],
        )
        .unwrap();
    }
    let replies = Replies {
        time: at("2026-11-21T12:00:01Z"),
        turn: "2026-11-21T12:00:00Z".into(),
        reply_ids: vec![MessageId(8), MessageId(9)],
        notice_ids: None,
    };
    append(&usage, &[Entry::Replies(replies)]).unwrap();
    files::append_lines(&usage.join("2026-11.jsonl"), &["{\"broken\":".into()]).unwrap();
    let now = at("2026-11-21T13:00:00Z");
    let sum = |period| {
        let report = read(&usage, period, now, TimeZone::default()).unwrap();
        (report.total.cost_usd.dollars(), report.unreadable)
    };
    assert_eq!(sum(Period::Today), (4.0, 1));
    assert_eq!(sum(Period::Month), (6.0, 1));
    assert_eq!(sum(Period::All), (7.0, 1));
    let report = read(&usage, Period::All, now, TimeZone::default()).unwrap();
    assert_eq!(report.channel(ChannelId(1)).turns, 3);
    assert_eq!(report.author(UserId(2)).turns, 3);
    assert_eq!(report.channel(ChannelId(9)).turns, 0);
    let newest = newest(&usage).unwrap();
    let costs: Vec<_> = newest.iter().map(|line| line.cost_usd.dollars()).collect();
    assert_eq!(costs, [1.0, 2.0, 4.0]);
    assert_eq!(newest[2].reply_ids, [MessageId(8), MessageId(9)]);
    assert!(newest[1].reply_ids.is_empty());
}

#[test]
fn the_newest_lines_are_chosen_by_discords_time() {
    let folder = tempfile::tempdir().unwrap();
    let said = [
        ("2026-10-01T00:00:00Z", Some(1)),
        ("2046-01-01T00:00:00Z", Some(2)),
        ("2046-02-01T00:00:00Z", Some(3)),
        ("2026-11-01T00:00:00Z", Some(4)),
        ("2026-11-01T00:00:01Z", None),
        ("1970-01-01T00:00:00Z", Some(5)),
        ("2026-11-01T00:00:02Z", Some(6)),
    ];
    for (time, message) in said {
        let line = TurnLine {
            time: at(time),
            message: message.map(MessageId),
            ..example()
        };
        append(folder.path(), &[line.into()]).unwrap();
    }
    let newest = newest(folder.path()).unwrap();
    let messages: Vec<_> = newest
        .iter()
        .map(|line| line.message.map(|id| id.0))
        .collect();
    assert_eq!(messages, [Some(4), None, Some(5), Some(6)]);
}

#[test]
fn a_missing_folder_is_an_empty_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let report = read(
        &folder.path().join(FOLDER),
        Period::All,
        Utc::now(),
        TimeZone::default(),
    )
    .unwrap();
    assert_eq!(report.total.turns, 0);
}

#[test]
fn a_turn_is_found_by_its_message_and_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let line = |turn: &str, time: &str, channel: u64, message: u64| TurnLine {
        time: at(time),
        turn: turn.into(),
        channel: ChannelId(channel),
        message: Some(MessageId(message)),
        ..example()
    };
    let replies = |turn: &str, time: &str, ids: &[u64]| {
        Entry::Replies(Replies {
            time: at(time),
            turn: turn.into(),
            reply_ids: ids.iter().copied().map(MessageId).collect(),
            notice_ids: None,
        })
    };
    for entry in [
        line("a", "2026-10-31T23:59:59Z", 1, 10).into(),
        replies("a", "2026-11-01T00:00:01Z", &[11, 12]),
        TurnLine {
            together: vec![MessageId(18), MessageId(19)],
            ..line("b", "2026-11-02T00:00:00Z", 1, 20)
        }
        .into(),
        line("c", "2026-11-03T00:00:00Z", 1, 20).into(),
        replies("c", "2026-11-03T00:00:01Z", &[21]),
        line("d", "2026-11-04T00:00:00Z", 2, 30).into(),
        replies("d", "2026-11-04T00:00:01Z", &[31]),
    ] {
        append(folder.path(), &[entry]).unwrap();
    }
    let found = |message: u64| {
        let line = turn_of(folder.path(), ChannelId(1), MessageId(message)).unwrap();
        line.map(|line| (line.turn, line.reply_ids.len()))
    };
    assert_eq!(found(12), Some(("a".into(), 2)));
    assert_eq!(found(10), Some(("a".into(), 0)));
    assert_eq!(
        found(20),
        Some(("c".into(), 0)),
        "the newest run of the message"
    );
    assert_eq!(found(18), Some(("b".into(), 0)), "one of several messages");
    assert_eq!(found(21), Some(("c".into(), 1)));
    assert_eq!((found(30), found(31), found(99)), (None, None, None));
}
