use chrono::DateTime;

use super::*;
use crate::{
    ledger::example,
    money::Usd,
    snowflake::{MessageId, UserId},
};

const CHANNEL: ChannelId = ChannelId(1);

fn line(turn: &str, channel: ChannelId, session: &str, outcome: &str) -> TurnLine {
    TurnLine {
        turn: turn.into(),
        channel,
        session: session.into(),
        outcome: outcome.into(),
        ..example()
    }
}

fn lines() -> [TurnLine; 5] {
    [
        line("a", CHANNEL, "old", "answered"),
        line("b", CHANNEL, "s", "answered"),
        line("x", ChannelId(9), "s", "answered"),
        line("c", CHANNEL, "s", "crashed"),
        line("d", CHANNEL, "s", "interrupted"),
    ]
}

/// Replays `lines` over a record whose last counted turn is `last`; checks how many turns, errors and dollars it
/// gains.
#[track_caller]
fn check(last: Option<&str>, counted: u64, turns: u64, errors: u64, usd: f64) {
    let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.state.last_turn_id = last.map(str::to_owned);
    record.message_count = counted;
    let mut document = Document::default();
    document.put(CHANNEL, &record).unwrap();
    let found = replay(&mut document, &lines());
    let record = document.get(CHANNEL).unwrap();
    assert_eq!(
        (found as u64, record.message_count),
        (turns, counted + turns)
    );
    assert_eq!(record.total_turn_errors, errors);
    assert_eq!(record.total_cache_creation_tokens, 4 * turns);
    assert_eq!(record.total_cost_usd, Usd::from_dollars(usd));
    assert_eq!(replay(&mut document, &lines()), 0, "counted twice");
}

#[test]
fn lines_after_the_last_counted_turn_are_counted_once() {
    check(Some("d"), 3, 0, 0, 0.0);
    check(Some("c"), 2, 1, 0, 0.5);
    check(Some("b"), 1, 2, 1, 1.0);
    check(None, 0, 3, 1, 1.5);
    // The last turn was in an earlier session.
    check(Some("a"), 1, 3, 1, 1.5);
}

#[test]
fn a_message_whose_turn_is_counted_is_claimed() {
    let (message, author) = (MessageId(7), UserId(2));
    let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(message, author);
    let mut document = Document::default();
    document.put(CHANNEL, &record).unwrap();
    let line = TurnLine {
        message: Some(message),
        ..line("a", CHANNEL, "s", "answered")
    };
    assert_eq!(replay(&mut document, &[line]), 1);
    let record = document.get(CHANNEL).unwrap();
    assert!(record.has_claimed(message) && record.state.open_turns[0].booked);
}

#[test]
fn an_open_turn_is_counted_once_after_months_of_silence() {
    let (message, author) = (MessageId(7), UserId(2));
    let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.state.last_turn_id = Some("long ago".into());
    record.message_count = 1;
    record.open_turn(message, author);
    let line = |turn, session| TurnLine {
        message: Some(message),
        ..line(turn, CHANNEL, session, "answered")
    };
    let mut document = Document::default();
    document.put(CHANNEL, &record).unwrap();
    let lines = [line("a", "another"), line("b", "s")];
    assert_eq!(replay(&mut document, &lines), 1);
    assert_eq!(document.get(CHANNEL).unwrap().message_count, 2);
    assert_eq!(replay(&mut document, &lines), 0, "counted twice");
    // It was retried: the line may belong to the first run, which was counted.
    record.state.open_turns[0].cuts = 1;
    document.put(CHANNEL, &record).unwrap();
    assert_eq!(replay(&mut document, &lines), 0);
    // Another program's record has turns without ids.
    record.state.open_turns[0].cuts = 0;
    record.state.last_turn_id = None;
    document.put(CHANNEL, &record).unwrap();
    assert_eq!(replay(&mut document, &lines), 1);
}

#[test]
fn lines_are_ordered_by_the_turn_they_follow() {
    let chained = |turn: &str, after: &str, session: &str, message: Option<u64>| TurnLine {
        after: (!after.is_empty()).then(|| after.into()),
        message: message.map(MessageId),
        ..line(turn, CHANNEL, session, "answered")
    };
    // In the order of reading: a line without a message, or with an old one, comes first in its month.
    let lines = [
        chained("e", "d", "s", None),
        chained("d", "c", "s", Some(1)),
        chained("a", "", "s", Some(2)),
        chained("c", "b", "old", Some(4)),
        chained("b", "a", "s", Some(3)),
        // Lines that no bot writes: a turn that follows itself, and a cycle.
        chained("x", "x", "s", None),
        chained("a", "e", "s", None),
    ];
    for (last, turns) in [("e", 0), ("d", 1), ("c", 2), ("b", 2), ("a", 3), ("x", 0)] {
        let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
        record.state.last_turn_id = Some(last.into());
        let mut document = Document::default();
        document.put(CHANNEL, &record).unwrap();
        let lines = &lines[..6];
        assert_eq!(replay(&mut document, lines), turns, "{last}");
        assert_eq!(replay(&mut document, lines), 0, "{last}: counted twice");
    }
    let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.state.last_turn_id = Some("a".into());
    let mut document = Document::default();
    document.put(CHANNEL, &record).unwrap();
    assert_eq!(replay(&mut document, &lines), 3, "in a cycle");
}

#[test]
fn messages_answered_in_another_session_are_claimed() {
    let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.state.last_turn_id = Some("b".into());
    record.claim(MessageId(5));
    let mut document = Document::default();
    document.put(CHANNEL, &record).unwrap();
    let answered = |turn, message| TurnLine {
        message: Some(MessageId(message)),
        ..line(turn, CHANNEL, "meanwhile", "answered")
    };
    let lines = [answered("m", 7), answered("n", 9)];
    assert_eq!(replay(&mut document, &lines), 0);
    let record = document.get(CHANNEL).unwrap();
    let claimed: Vec<u64> = (4..11)
        .filter(|id| record.has_claimed(MessageId(*id)))
        .collect();
    assert_eq!(claimed, [4, 5, 7, 9]);
}

#[test]
fn nothing_is_counted_if_the_last_turn_is_unknown() {
    check(Some("gone"), 7, 0, 0, 0.0);
    check(None, 7, 0, 0, 0.0);
}
