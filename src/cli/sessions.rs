//! `switchboard sessions`: lists, shows and clears the sessions in `active.json`.

use std::fmt::Write as _;

use chrono::Utc;

use super::{
    args::{Sessions, SessionsJob},
    exit::{Code, ExitError},
    invocation::{Invocation, say},
};
use crate::{
    channel::messages,
    registry::{self, Document, Lock, LockError, Record},
    snowflake::ChannelId,
};

pub(super) fn sessions(invocation: &Invocation, options: &Sessions) -> Result<(), ExitError> {
    let folder = invocation.config()?.sessions_dir;
    match &options.job {
        None => list(&registry::read(&folder).map_err(io_error)?, options.json),
        Some(SessionsJob::Show { channel }) => {
            let document = registry::read(&folder).map_err(io_error)?;
            let record = document.get(*channel).ok_or_else(|| no_session(*channel))?;
            say(&show(*channel, &record))
        }
        Some(SessionsJob::Clear { channel }) => clear(&folder, *channel),
    }
}

fn io_error(error: impl std::fmt::Display) -> ExitError {
    Code::Files.exit(error)
}

fn no_session(channel: ChannelId) -> ExitError {
    Code::Failed.exit(format!(
        "channel {channel} has no session; `switchboard sessions` lists all sessions"
    ))
}

fn list(document: &Document, json: bool) -> Result<(), ExitError> {
    if json {
        return say(&document.to_text().map_err(io_error)?);
    }
    let records: Vec<_> = document
        .records()
        .filter(|(_, record)| !record.is_empty())
        .collect();
    if records.is_empty() {
        return say("No channel has a session yet.\n");
    }
    let mut text = format!(
        "{:<20} {:<8} {:<8} {:>6} {:>12} {:>10}  LAST MESSAGE\n",
        "CHANNEL", "SESSION", "MODEL", "TURNS", "CONTEXT", "COST"
    );
    for (channel, record) in &records {
        let _infallible = writeln!(
            text,
            "{:<20} {:<8} {:<8} {:>6} {:>12} {:>10}  {}",
            channel.to_string(),
            messages::short(&record.session_id),
            record.model,
            record.message_count,
            record.context_tokens,
            messages::dollars(record.total_cost_usd),
            record.last_message_at
        );
    }
    let costs = records.iter().map(|(_, record)| record.total_cost_usd);
    let total = messages::dollars(costs.sum());
    let plural = if records.len() == 1 { "" } else { "s" };
    say(&format!(
        "{text}{} session{plural}, {total} in total\n",
        records.len()
    ))
}

fn show(channel: ChannelId, record: &Record) -> String {
    let state = if record.is_resumable() {
        "resumed with the next message"
    } else {
        "not started"
    };
    let tokens = |count: u64| format!("{count} tokens");
    let rows = [
        ("channel", channel.to_string()),
        ("session", record.session_id.clone()),
        ("state", state.to_owned()),
        ("model", record.model.clone()),
        ("created", record.created_at.clone()),
        ("last message", record.last_message_at.clone()),
        (
            "turns",
            format!(
                "{} ({} failed)",
                record.message_count, record.total_turn_errors
            ),
        ),
        ("context", tokens(record.context_tokens)),
        ("input", tokens(record.total_input_tokens)),
        ("output", tokens(record.total_output_tokens)),
        ("cache read", tokens(record.total_cache_read_tokens)),
        ("cache written", tokens(record.total_cache_creation_tokens)),
        ("cost", messages::dollars(record.total_cost_usd)),
        ("last turn took", format!("{} ms", record.duration_ms)),
    ];
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let _infallible = writeln!(text, "{name:<15} {value}");
        text
    })
}

fn clear(folder: &std::path::Path, channel: ChannelId) -> Result<(), ExitError> {
    let lock = Lock::take(folder).map_err(|error| match error {
        LockError::Held { .. } => Code::InUse.exit(format!(
            "{error}; write `!clear` in the channel instead, or stop the bot first"
        )),
        LockError::Io { .. } => io_error(error),
    })?;
    let loaded = registry::load(folder).map_err(|error| Code::Newer.exit(error))?;
    if let Some(issue) = loaded.issues.iter().find(|issue| issue.stops_writing()) {
        return Err(io_error(issue));
    }
    for issue in &loaded.issues {
        say(&format!("Note: {issue}\n"))?;
    }
    let old = loaded
        .document
        .get(channel)
        .filter(|record| !record.is_empty());
    let old = old.ok_or_else(|| no_session(channel))?;
    let new = old.cleared(uuid::Uuid::new_v4().to_string(), Utc::now());
    let (registry, writer) = registry::open(folder, loaded, lock).map_err(io_error)?;
    let saved = super::run::runtime()?.block_on(registry.save(channel, &new, None));
    drop(registry);
    if writer.join().is_err() {
        return Err(Code::Software.exit("the registry's writer panicked"));
    }
    saved.map_err(io_error)?;
    say(&format!(
        "Cleared: {} turns with {}, {}.\nTo resume the old session, run in the channel's workspace: claude --resume {}\n",
        old.message_count,
        old.model,
        messages::dollars(old.total_cost_usd),
        old.session_id
    ))
}
