//! Answers to `!status`, `!usage` and `!sessions`.

use std::fmt::Write as _;

use super::figures::{count, dollars, minute, short, tokens};
use crate::{
    ledger::{Period, Report, report::Sum},
    money::Usd,
    registry::Record,
    snowflake::{ChannelId, UserId},
};

/// What `!status` shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Status {
    /// `None` for a channel whose session has not begun.
    pub(crate) record: Option<Record>,
    pub(crate) model: String,
    pub(crate) waiting: usize,
    /// The pid of the live process and its activity.
    pub(crate) process: Option<(i32, &'static str)>,
    /// Live processes of all channels, and their maximum.
    pub(crate) live: (usize, usize),
}

pub(crate) fn status(status: &Status) -> String {
    let (session, turns, context, cost) = match &status.record {
        Some(record) => (
            format!(
                "`{}`, since {}",
                record.session_id,
                minute(&record.created_at)
            ),
            match record.total_turn_errors {
                0 => record.message_count.to_string(),
                errors => format!("{} ({} failed)", record.message_count, errors),
            },
            tokens(record.context_tokens),
            dollars(record.total_cost_usd),
        ),
        None => ("none yet".into(), "0".into(), tokens(0), dollars(Usd::ZERO)),
    };
    let process = match status.process {
        Some((pid, what)) => format!("pid {pid}, {what}"),
        None => "none; the next message starts one".into(),
    };
    format!(
        "**Session** {session}\n**Model** `{}`\n**Turns** {turns}\n**Context** {context}\n**Cost** {cost}\n\
         **Queue** {} waiting\n**Process** {process} ({} of {} live)",
        status.model, status.waiting, status.live.0, status.live.1
    )
}

/// The usage of the channel and of the asker; for admins, of everybody.
pub(crate) fn usage(report: &Report, channel: ChannelId, asker: UserId, is_admin: bool) -> String {
    let period = match report.period() {
        Period::Today => "today",
        Period::Month => "this month",
        Period::All => "in all",
    };
    let mut text = format!(
        "**Usage {period}** (UTC, list prices)\nThis channel: {}\nYou, everywhere: {}",
        sum(&report.channel(channel)),
        sum(&report.author(asker))
    );
    if is_admin {
        let _infallible = write!(text, "\nAll channels: {}", sum(&report.total()));
        list(&mut text, &report.channels(), |id| format!("<#{id}>"));
        text.push_str("\nBy person:");
        list(&mut text, &report.authors(), |id| format!("<@{id}>"));
    }
    if report.unreadable() > 0 {
        let _infallible = write!(
            text,
            "\n-# {} lines of the ledger could not be read.",
            report.unreadable()
        );
    }
    text
}

/// Lists the first ten, a line each. The report sorts them by cost.
fn list<T: Copy>(text: &mut String, sums: &[(T, Sum)], name: impl Fn(T) -> String) {
    const SHOWN: usize = 10;
    for (id, of) in sums.iter().take(SHOWN) {
        let _infallible = write!(text, "\n- {}: {}", name(*id), sum(of));
    }
    if sums.len() > SHOWN {
        let _infallible = write!(text, "\n- and {} more", sums.len() - SHOWN);
    }
}

pub(crate) fn sessions(records: &[(ChannelId, Record)]) -> String {
    if records.is_empty() {
        return "No channel has a session yet.".into();
    }
    let mut text = format!("**{}**", count(records.len() as u64, "session"));
    for (channel, record) in records.iter().take(25) {
        let _infallible = write!(
            text,
            "\n- <#{channel}> `{}` `{}`, {}, {}, last {}",
            short(&record.session_id),
            record.model,
            count(record.message_count, "turn"),
            dollars(record.total_cost_usd),
            minute(&record.last_message_at)
        );
    }
    if records.len() > 25 {
        let _infallible = write!(
            text,
            "\n- and {} more: `switchboard sessions` lists them all",
            records.len() - 25
        );
    }
    text
}

fn sum(sum: &Sum) -> String {
    format!(
        "{}, {} in, {} out, {}",
        count(sum.turns, "turn"),
        tokens(sum.usage.all_input()),
        tokens(sum.usage.output_tokens),
        dollars(sum.cost_usd)
    )
}
