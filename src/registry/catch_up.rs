//! Turns that the ledger has and the registry has not.
//!
//! The writer appends a turn's line before it rewrites `active.json`. A bot that is killed in between leaves a line
//! that no record counts; it is counted here, when the registry is read again. Pure.

use super::{
    claims::OpenTurn,
    document::Document,
    record::{Booking, Record},
};
use crate::{ledger::Line, snowflake::ChannelId};

/// Counts, in each record, the lines of its session that came after the last turn it counts. `lines` are the
/// ledger's, oldest first. Returns how many were counted.
pub(super) fn catch_up(document: &mut Document, lines: &[Line]) -> usize {
    let records: Vec<_> = document.records().collect();
    let mut counted = 0;
    for (channel, mut record) in records {
        let missing = missing(channel, &record, lines);
        for line in &missing {
            let booking = booking(line, &record);
            record.book(&booking);
            if let Some(message) = line.message {
                record.claim(message);
                record.booked_turn(message);
            }
        }
        // A record that was read is JSON.
        if !missing.is_empty() && document.put(channel, &record).is_ok() {
            counted += missing.len();
        }
    }
    counted
}

/// The lines of a record's session after its last turn. Where that turn's line is not among these, what was booked for
/// a message whose turn is still open on record, and ran once.
fn missing<'a>(channel: ChannelId, record: &Record, lines: &'a [Line]) -> Vec<&'a Line> {
    let own: Vec<_> = lines
        .iter()
        .filter(|line| line.channel == channel)
        .collect();
    let is_last = |line: &&Line| Some(&line.turn) == record.last_turn_id.as_ref();
    let after = match own.iter().rposition(is_last) {
        Some(place) => place + 1,
        // Nothing was counted yet.
        None if record.last_turn_id.is_none() && record.message_count == 0 => 0,
        // Its line is too old to be here, or it was another program that counted.
        None => {
            return own
                .into_iter()
                .filter(|line| is_open(record, line))
                .collect();
        }
    };
    let mut missing = own[after..].to_vec();
    missing.retain(|line| line.session == record.session_id);
    missing
}

fn is_open(record: &Record, line: &Line) -> bool {
    let is_it =
        |open: &OpenTurn| Some(open.message) == line.message && !open.booked && open.cuts == 0;
    line.session == record.session_id && record.open_turns.iter().any(is_it)
}

/// What a line tells of its turn. The rest stays as it is: the CLI tells its running total when it is resumed.
fn booking(line: &Line, record: &Record) -> Booking {
    Booking {
        turn_id: line.turn.clone(),
        usage: line.usage(),
        cost_usd: line.cost_usd,
        duration_ms: line.duration_ms,
        context_tokens: None,
        cli_total_cost_usd: record.cli_total_cost_usd,
        unit_cost_usd: None,
        is_error: !matches!(line.outcome.as_str(), "answered" | "silent" | "interrupted"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        ledger::example,
        snowflake::{MessageId, UserId},
    };

    const CHANNEL: ChannelId = ChannelId(1);

    fn line(turn: &str, channel: ChannelId, session: &str, outcome: &str) -> Line {
        Line {
            turn: turn.into(),
            channel,
            session: session.into(),
            outcome: outcome.into(),
            ..example()
        }
    }

    fn lines() -> [Line; 5] {
        [
            line("a", CHANNEL, "old", "answered"),
            line("b", CHANNEL, "s", "answered"),
            line("x", ChannelId(9), "s", "answered"),
            line("c", CHANNEL, "s", "crashed"),
            line("d", CHANNEL, "s", "interrupted"),
        ]
    }

    /// A record whose last counted turn is `last` ends with so many turns, errors and dollars.
    #[track_caller]
    fn check(last: Option<&str>, counted: u64, turns: u64, errors: u64, usd: f64) {
        let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
        record.last_turn_id = last.map(str::to_owned);
        record.message_count = counted;
        let mut document = Document::default();
        document.put(CHANNEL, &record).unwrap();
        let found = catch_up(&mut document, &lines());
        let record = document.get(CHANNEL).unwrap();
        assert_eq!(
            (found as u64, record.message_count),
            (turns, counted + turns)
        );
        assert_eq!(record.total_turn_errors, errors);
        assert_eq!(record.total_cache_creation_tokens, 4 * turns);
        assert!((record.total_cost_usd - usd).abs() < 1e-9);
        assert_eq!(catch_up(&mut document, &lines()), 0, "counted twice");
    }

    #[test]
    fn lines_after_the_last_counted_turn_are_counted_once() {
        check(Some("d"), 3, 0, 0, 0.0);
        check(Some("c"), 2, 1, 0, 0.5);
        check(Some("b"), 1, 2, 1, 1.0);
        check(None, 0, 3, 1, 1.5);
        // The last turn was in a session before.
        check(Some("a"), 1, 3, 1, 1.5);
    }

    #[test]
    fn a_message_whose_turn_is_counted_is_not_run_again() {
        let (message, author) = (MessageId(7), UserId(2));
        let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
        record.open_turn(message, author);
        let mut document = Document::default();
        document.put(CHANNEL, &record).unwrap();
        let line = Line {
            message: Some(message),
            ..line("a", CHANNEL, "s", "answered")
        };
        assert_eq!(catch_up(&mut document, &[line]), 1);
        let record = document.get(CHANNEL).unwrap();
        assert!(record.has_claimed(message) && record.open_turns[0].booked);
    }

    #[test]
    fn after_months_of_silence_the_turn_that_was_open_is_counted_once() {
        let (message, author) = (MessageId(7), UserId(2));
        let mut record = Record::new("s".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
        record.last_turn_id = Some("long ago".into());
        record.message_count = 1;
        record.open_turn(message, author);
        let line = |turn, session| Line {
            message: Some(message),
            ..line(turn, CHANNEL, session, "answered")
        };
        let mut document = Document::default();
        document.put(CHANNEL, &record).unwrap();
        let lines = [line("a", "another"), line("b", "s")];
        assert_eq!(catch_up(&mut document, &lines), 1);
        assert_eq!(document.get(CHANNEL).unwrap().message_count, 2);
        assert_eq!(catch_up(&mut document, &lines), 0, "counted twice");
        // Run again: the line may be that of the first time, which was counted.
        record.open_turns[0].cuts = 1;
        document.put(CHANNEL, &record).unwrap();
        assert_eq!(catch_up(&mut document, &lines), 0);
        // A record of another program's has turns, but none with a name.
        record.open_turns[0].cuts = 0;
        record.last_turn_id = None;
        document.put(CHANNEL, &record).unwrap();
        assert_eq!(catch_up(&mut document, &lines), 1);
    }

    #[test]
    fn where_the_last_turn_is_not_known_nothing_is_counted() {
        check(Some("gone"), 7, 0, 0, 0.0);
        check(None, 7, 0, 0, 0.0);
    }
}
