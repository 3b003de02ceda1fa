//! Answers to `!status`, `!usage` and `!sessions`.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{
    budgets::budget_line,
    figures::{count, dollars, inline, plain, short, time, tokens},
};
use crate::{
    channel::usage_limit::{PlanUsage, PlanWindow},
    chat::Place,
    claude::protocol::PermissionMode,
    config::QueueMode,
    ledger::{Period, UsageTotals, usage_totals::Sum},
    limits::{Budget, Scope},
    money::Usd,
    persona::DEFAULT,
    registry::Record,
    snowflake::{ChannelId, UserId},
};

/// How many characters of a name are shown.
const NAME: usize = 40;

/// Who reads a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    Channel,
    /// The person who asked.
    Asker,
}

/// A channel by its name. Readers can follow a link to a channel of a guild, but a link to a direct message shows nothing.
pub(crate) fn channel_name(
    channel: ChannelId,
    place: Option<&Place>,
    record: Option<&Record>,
) -> String {
    if place.is_some_and(|place| place.guild.is_some()) {
        return format!("<#{channel}>");
    }
    let known = record.map(|record| {
        let Record {
            channel_name,
            guild_name,
            last_author_name,
            ..
        } = record;
        (channel_name, guild_name, last_author_name)
    });
    match known {
        Some((Some(name), Some(guild), _)) => {
            let name = plain(&format!("#{name}"), NAME);
            format!("{name} in {}", plain(guild, NAME))
        }
        Some((Some(name), None, _)) => plain(&format!("#{name}"), NAME),
        Some((None, None, Some(person))) => {
            format!("direct message with {}", plain(person, NAME))
        }
        _ => format!("an unknown channel (`{channel}`)"),
    }
}

/// A person by their name, if it is known.
pub(crate) fn person_name(person: UserId, name: Option<&str>) -> String {
    name.map_or_else(|| format!("<@{person}>"), |name| plain(name, NAME))
}

/// What `!status` shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StatusReport {
    /// `None` for a channel whose session has not begun.
    pub(crate) record: Option<Record>,
    pub(crate) model: String,
    /// Those of the channel and of the asker.
    pub(crate) budgets: Vec<Budget>,
    pub(crate) mode: PermissionMode,
    pub(crate) persona: String,
    pub(crate) waiting: usize,
    pub(crate) queue_mode: QueueMode,
    /// The pid of the live process and its activity.
    pub(crate) process: Option<(i32, &'static str)>,
    /// Live processes of all channels, and their maximum.
    pub(crate) live: (usize, usize),
}

/// The ids of the session and the process are for the asker alone.
pub(crate) fn status(status: &StatusReport, readers: Readers) -> String {
    let (session, turns, context, cost) = match &status.record {
        Some(record) => (
            match readers {
                Readers::Channel => format!("since {}", time(&record.created_at, 'f')),
                Readers::Asker => format!(
                    "`{}`, since {}",
                    record.session_id,
                    time(&record.created_at, 'f')
                ),
            },
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
        Some((pid, what)) if readers == Readers::Asker => format!("pid {pid}, {what}"),
        Some((_, what)) => what.into(),
        None => "none; the next message starts one".into(),
    };
    let mut budgets = String::new();
    for budget in &status.budgets {
        if budget.scope == Scope::Channel {
            let _infallible = write!(budgets, "\n**Budget** {}", budget_line(budget));
        }
    }
    let mut persona = String::new();
    if status.persona != DEFAULT {
        persona = format!("\n**Persona** `{}`", status.persona);
    }
    format!(
        "**Session** {session}\n**Model** `{}`\n**Mode** `{}`{persona}\n**Turns** {turns}\n**Context** {context}\n**Cost** {cost}{budgets}\n\
         **Queue** {} waiting, mode `{}`\n**Process** {process} ({} of {} live)",
        status.model,
        status.mode,
        status.waiting,
        status.queue_mode.name(),
        status.live.0,
        status.live.1
    )
}

/// The usage of the channel and of the asker. An admin alone also reads everybody's, with names for ids.
pub(crate) fn usage(
    (report, plan): (&UsageTotals, &PlanUsage),
    channel: ChannelId,
    (asker, is_admin): (UserId, bool),
    readers: Readers,
    name: (impl Fn(ChannelId) -> String, impl Fn(UserId) -> String),
) -> String {
    let period = match report.period {
        Period::Today => "Usage today",
        Period::Month => "Usage this month",
        Period::All => "Total usage",
    };
    let prices = if plan.is_login {
        "list price, not billed"
    } else {
        "list prices"
    };
    let mut text = format!(
        "**{period}** ({}, {prices})\nThis channel: {}",
        report.zone,
        sum(&report.channel(channel))
    );
    let model_name = |model: String| inline(&model, NAME);
    list(&mut text, &report.models(Some(channel)), model_name);
    let _infallible = write!(text, "\nYou, everywhere: {}", sum(&report.author(asker)));
    text.push_str(&plan_line(plan, Utc::now()));
    match readers {
        Readers::Asker if is_admin => {
            let _infallible = write!(text, "\nAll channels: {}", sum(&report.total));
            list(&mut text, &report.channels(), name.0);
            text.push_str("\nBy person:");
            list(&mut text, &report.authors(), name.1);
            text.push_str("\nBy model:");
            list(&mut text, &report.models(None), model_name);
        }
        Readers::Channel if is_admin => {
            text.push_str(
                "\n-# Everyone's usage is not shown here: `/usage` shows it to you alone.",
            );
        }
        _ => {}
    }
    if report.unreadable > 0 {
        let _infallible = write!(
            text,
            "\n-# {} of the ledger could not be read.",
            count(report.unreadable, "line")
        );
    }
    text
}

/// How much of the plan's limits is used.
fn plan_line(plan: &PlanUsage, now: DateTime<Utc>) -> String {
    let mut line = String::new();
    let is_current = |window: &&PlanWindow| window.resets_at.is_none_or(|at| at > now.timestamp());
    for window in plan.windows.iter().filter(is_current) {
        let lead = if line.is_empty() {
            "\nClaude plan:"
        } else {
            ";"
        };
        let name = inline(&window.kind.replace('_', " "), NAME);
        let percent = (window.used * 100.0).round();
        let _infallible = write!(line, "{lead} {name} {percent} % used");
        if let Some(at) = window.resets_at {
            let _infallible = write!(line, ", resets <t:{at}:R>");
        }
    }
    line
}

/// Lists the first ten, a line each. The report sorts them by cost.
fn list<T: Clone>(text: &mut String, sums: &[(T, Sum)], name: impl Fn(T) -> String) {
    const SHOWN: usize = 10;
    for (id, of) in sums.iter().take(SHOWN) {
        let _infallible = write!(text, "\n- {}: {}", name(id.clone()), sum(of));
    }
    if sums.len() > SHOWN {
        let _infallible = write!(text, "\n- and {} more", sums.len() - SHOWN);
    }
}

/// The answer to `!sessions` where others would read it.
pub(crate) const SESSIONS_PRIVATE: &str =
    "The sessions of other channels are not shown here: `/sessions` shows them to you alone.";

/// All sessions, each with its channel's name.
pub(crate) fn sessions(records: &[(String, Record)]) -> String {
    if records.is_empty() {
        return "No channel has a session yet.".into();
    }
    let mut text = format!("**{}**", count(records.len() as u64, "session"));
    for (channel, record) in records.iter().take(25) {
        let _infallible = write!(
            text,
            "\n- {channel} `{}` `{}`, {}, {}, {}",
            short(&record.session_id),
            record.model,
            count(record.message_count, "turn"),
            dollars(record.total_cost_usd),
            time(&record.last_message_at, 'R')
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

#[cfg(test)]
mod tests;
