//! Counts turns that are in the ledger but not in the registry, because the bot was killed after it appended to the
//! ledger and before it rewrote `active.json`. Pure.

use std::collections::HashMap;

use super::{
    document::Document,
    record::{Booking, Record},
};
use crate::{ledger::TurnLine, snowflake::ChannelId};

/// Counts the missing `lines`, which are oldest first, and returns their number. Also claims the messages of all lines,
/// because a bot that could not read the registry may have answered them.
pub(super) fn replay(document: &mut Document, lines: &[TurnLine]) -> usize {
    let mut by_channel: HashMap<ChannelId, Vec<&TurnLine>> = HashMap::new();
    for line in lines {
        by_channel.entry(line.channel).or_default().push(line);
    }
    let mut counted = 0;
    for (channel, own) in by_channel {
        let Some(mut record) = document.get(channel) else {
            continue;
        };
        let before = record.clone();
        let missing = missing(&record, &own);
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
        if record != before && document.put(channel, &record).is_ok() {
            counted += missing.len();
        }
    }
    counted
}

/// The lines of a record's session after its last turn. If that turn's line is not found, the lines whose message has an
/// open turn that ran only once.
fn missing<'a>(record: &Record, own: &[&'a TurnLine]) -> Vec<&'a TurnLine> {
    let is_of_session = |line: &&&TurnLine| line.session == record.session_id;
    let Some(last) = &record.state.last_turn_id else {
        return match record.message_count {
            0 => own.iter().filter(is_of_session).copied().collect(),
            // An older program counted them.
            _ => open_lines(record, own),
        };
    };
    let mut after = following(last, own);
    match own.iter().rposition(|line| line.turn == *last) {
        // Lines of older versions have no `after`; they follow in the order of the file.
        Some(place) if own[place].after.is_none() => {
            let behind = own[place + 1..].iter().copied();
            after.extend(behind.filter(|line| line.after.is_none()));
        }
        // The line is in an older file.
        None if after.is_empty() => return open_lines(record, own),
        _ => {}
    }
    after.iter().filter(is_of_session).copied().collect()
}

/// The lines that follow a turn, directly or indirectly, according to their `after`.
fn following<'a>(turn: &str, own: &[&'a TurnLine]) -> Vec<&'a TurnLine> {
    let mut after: HashMap<&str, Vec<&'a TurnLine>> = HashMap::new();
    for line in own {
        if let Some(before) = &line.after {
            after.entry(before).or_default().push(line);
        }
    }
    let mut found: Vec<&TurnLine> = after.remove(turn).unwrap_or_default();
    let mut next = 0;
    while let Some(line) = found.get(next) {
        let more = after.remove(line.turn.as_str());
        found.extend(more.into_iter().flatten());
        next += 1;
    }
    found.retain(|line| line.turn != turn);
    found
}

/// The lines whose message has an open turn that ran only once and is not booked.
fn open_lines<'a>(record: &Record, own: &[&'a TurnLine]) -> Vec<&'a TurnLine> {
    let is_open = |line: &&&TurnLine| {
        let mut open = record.state.open_turns.iter();
        line.session == record.session_id
            && open.any(|open| Some(open.message) == line.message && !open.booked && open.cuts == 0)
    };
    own.iter().filter(is_open).copied().collect()
}

/// The booking of a line. What a line does not say stays unchanged in the record. The CLI reports its running total when
/// it resumes the session.
fn booking(line: &TurnLine, record: &Record) -> Booking {
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
