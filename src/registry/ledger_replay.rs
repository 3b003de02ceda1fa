//! Counting turns that are in the ledger but not in the registry.
//!
//! The writer appends a turn's line to the ledger before it rewrites `active.json`. If the bot is killed in between, no
//! record counts the line; it is counted when the registry is loaded again. Pure.

use std::collections::HashMap;

use super::{
    document::Document,
    record::{Booking, Record},
    state::OpenTurn,
};
use crate::{ledger::Line, snowflake::ChannelId};

/// Counts, in each record, its session's lines after the last turn that it counts, and claims the messages of all its
/// channel's lines, since a bot that could not read the registry may have answered them. `lines` are the ledger's,
/// oldest first. Returns how many were counted.
pub(super) fn replay(document: &mut Document, lines: &[Line]) -> usize {
    let mut by_channel: HashMap<ChannelId, Vec<&Line>> = HashMap::new();
    for line in lines {
        by_channel.entry(line.channel).or_default().push(line);
    }
    let records: Vec<_> = document.records().collect();
    let mut counted = 0;
    for (channel, mut record) in records {
        let Some(own) = by_channel.get(&channel) else {
            continue;
        };
        let before = record.clone();
        let missing = missing(&record, own);
        for line in &missing {
            let booking = booking(line, &record);
            record.book(&booking);
            if let Some(message) = line.message {
                record.claim(message);
                record.booked_turn(message);
            }
        }
        for message in own.iter().filter_map(|line| line.message) {
            record.claim_ahead(message);
        }
        // Cannot fail: a record is JSON.
        if record != before && document.put(channel, &record).is_ok() {
            counted += missing.len();
        }
    }
    counted
}

/// The lines of a record's session after its last turn. If that turn's line is not among its channel's: the lines for
/// messages whose turn is still open on record and ran only once.
fn missing<'a>(record: &Record, own: &[&'a Line]) -> Vec<&'a Line> {
    let is_of_session = |line: &&&Line| line.session == record.session_id;
    let Some(last) = &record.state.last_turn_id else {
        return match record.message_count {
            0 => own.iter().filter(is_of_session).copied().collect(),
            // Another program counted them.
            _ => open_lines(record, own),
        };
    };
    let mut after = following(last, own);
    match own.iter().rposition(|line| line.turn == *last) {
        // Lines of older versions do not name the one that they follow: their order in the file counts.
        Some(place) if own[place].after.is_none() => {
            let behind = own[place + 1..].iter().copied();
            after.extend(behind.filter(|line| line.after.is_none()));
        }
        // Its line is in an older file.
        None if after.is_empty() => return open_lines(record, own),
        _ => {}
    }
    after.iter().filter(is_of_session).copied().collect()
}

/// The lines that follow a turn directly or indirectly according to their `after`, each once.
fn following<'a>(turn: &str, own: &[&'a Line]) -> Vec<&'a Line> {
    let mut after: HashMap<&str, Vec<&'a Line>> = HashMap::new();
    for line in own {
        if let Some(before) = &line.after {
            after.entry(before).or_default().push(line);
        }
    }
    let mut found: Vec<&Line> = after.remove(turn).unwrap_or_default();
    let mut next = 0;
    while let Some(line) = found.get(next) {
        let more = after.remove(line.turn.as_str());
        found.extend(more.into_iter().flatten());
        next += 1;
    }
    found.retain(|line| line.turn != turn);
    found
}

/// The lines whose message has an open turn that is not booked on record.
fn open_lines<'a>(record: &Record, own: &[&'a Line]) -> Vec<&'a Line> {
    let open = own.iter().filter(|line| is_open(record, line));
    open.copied().collect()
}

fn is_open(record: &Record, line: &Line) -> bool {
    let matches =
        |open: &OpenTurn| Some(open.message) == line.message && !open.booked && open.cuts == 0;
    line.session == record.session_id && record.state.open_turns.iter().any(matches)
}

/// A line's turn as a booking. What a line does not say stays as it is on record; the CLI reports its running total
/// when it resumes the session.
fn booking(line: &Line, record: &Record) -> Booking {
    Booking {
        turn_id: line.turn.clone(),
        usage: line.usage(),
        cost_usd: line.cost_usd,
        duration_ms: line.duration_ms,
        context_tokens: None,
        cli_total_cost_usd: record.state.cli_total_cost_usd,
        unit_cost_usd: None,
        is_error: !matches!(line.outcome.as_str(), "answered" | "silent" | "interrupted"),
    }
}

#[cfg(test)]
mod tests;
