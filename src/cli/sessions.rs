//! `switchboard sessions`: lists, shows and clears the sessions in `active.json`, and adopts others.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use chrono::Utc;
use uuid::Uuid;

use super::{
    args::{Sessions, SessionsJob},
    exit::{Code, ExitError},
    invocation::{Invocation, account, claude_environment, say},
};
use crate::{
    channel::{adoption, messages},
    config::Config,
    control::{self, Request, Response},
    files, ledger,
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
        Some(SessionsJob::Adopt { session, channel }) => adopt(invocation, *session, *channel),
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

fn clear(folder: &Path, channel: ChannelId) -> Result<(), ExitError> {
    let advice = "write `!clear` in the channel instead, or stop the bot first";
    let old = change(folder, channel, advice, |old| {
        let id = Uuid::new_v4().to_string();
        let cleared = || old.cleared(id, Utc::now());
        (!old.is_empty())
            .then(cleared)
            .ok_or_else(|| no_session(channel))
    })?;
    say(&format!(
        "Cleared: {} turns with {}, {}.\nTo resume the old session, run in the channel's workspace: claude --resume {}\n",
        old.message_count,
        old.model,
        messages::dollars(old.total_cost_usd),
        old.session_id
    ))
}

fn adopt(invocation: &Invocation, session: Uuid, channel: ChannelId) -> Result<(), ExitError> {
    let config = invocation.config()?;
    let request = Request::Adopt { session, channel };
    let answer = control::ask(&config.sessions_dir, &request);
    match answer.map_err(|error| Code::Failed.exit(error))? {
        Some(Response::Done(text)) => return say(&format!("{text}\n")),
        Some(Response::Refused(reason)) => return Err(Code::Failed.exit(reason)),
        None => {}
    }
    let advice = "try again in a moment, in case the bot is just starting; if it takes no commands, stop it first";
    let mut is_kept = false;
    change(&config.sessions_dir, channel, advice, |old| {
        let account = account(&config);
        let environment = claude_environment(&invocation.environment, account.as_ref());
        files::create_folder(&config.workspace_dir).map_err(io_error)?;
        let workspace_dir = config.workspace_dir.canonicalize().map_err(io_error)?;
        let workspace = workspace(&config, channel, old)?;
        let id = Uuid::new_v4().to_string();
        let first_words = adoption::copy(
            (&environment, account.as_ref()),
            (&workspace_dir, &workspace),
            session,
            &id,
        );
        let first_words = first_words.map_err(|error| Code::Failed.exit(error))?;
        let new = old.adopted(id, first_words, Utc::now());
        is_kept = new.resumed(&old.session_id).is_some();
        Ok(new)
    })?;
    let kept = if is_kept {
        " `!resume` goes back to the one before."
    } else {
        ""
    };
    say(&format!(
        "The channel continues a copy of the session.{kept}\n"
    ))
}

/// Where the channel's CLI runs. Whether it is a thread, only the ledger knows while no bot runs.
fn workspace(config: &Config, channel: ChannelId, record: &Record) -> Result<PathBuf, ExitError> {
    let works_in = record.state.works_in.unwrap_or(channel);
    let booked = ledger::newest(&config.sessions_dir.join(ledger::FOLDER)).map_err(io_error)?;
    let line = booked.iter().rfind(|line| line.channel == works_in);
    if line.is_none()
        && !config.channels.contains_key(&works_in)
        && config.channels.values().any(|own| own.workspace.is_some())
    {
        return Err(Code::Failed.exit(
            "it is not known whether this is a thread of a channel with a workspace of its own; try again while the bot runs",
        ));
    }
    let parent = line.and_then(|line| line.thread_of);
    Ok(config.workspace_for(works_in, config.settings_of(works_in, parent)))
}

/// Changes a channel's record while no bot runs. Returns the record before.
fn change(
    folder: &Path,
    channel: ChannelId,
    advice: &str,
    change: impl FnOnce(&Record) -> Result<Record, ExitError>,
) -> Result<Record, ExitError> {
    // The bot could not read what another account writes, nor would its CLI look for sessions where this one does.
    let own = rustix::process::geteuid().as_raw();
    let kept = fs::metadata(folder.join(registry::document::FILE));
    if kept.is_ok_and(|kept| kept.uid() != own) {
        let folder = folder.display();
        return Err(Code::Failed.exit(format!(
            "{folder} belongs to another account: run this as the account that the bot runs as"
        )));
    }
    let lock = Lock::take(folder).map_err(|error| match error {
        LockError::Held { .. } => Code::InUse.exit(format!("{error}; {advice}")),
        LockError::Io { .. } => io_error(error),
    })?;
    let loaded = registry::load(folder).map_err(|error| Code::Newer.exit(error))?;
    if let Some(issue) = loaded.issues.iter().find(|issue| issue.stops_writing()) {
        return Err(io_error(issue));
    }
    for issue in &loaded.issues {
        say(&format!("Note: {issue}\n"))?;
    }
    let old = loaded.document.get(channel);
    let old = old.ok_or_else(|| no_session(channel))?;
    let new = change(&old)?;
    let (registry, writer) = registry::open(folder, loaded, lock).map_err(io_error)?;
    let saved = super::run::runtime()?.block_on(registry.save(channel, &new, None));
    drop(registry);
    if writer.join().is_err() {
        return Err(Code::Software.exit("the registry's writer panicked"));
    }
    saved.map_err(io_error)?;
    Ok(old)
}
