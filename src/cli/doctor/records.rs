//! The registry against the transcripts and the ledger, and what killed programs left behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::Setup;
use crate::{
    claude::{Environment, sandbox::transcripts_of},
    cli::finding::{Finding, Fix},
    config::{Config, TimeZone},
    files,
    ledger::{self, Period},
    registry::{self, Document, Lock, document, record::Record},
    snowflake::ChannelId,
};

pub(super) fn findings(setup: &Setup) -> Vec<Finding> {
    let sessions = &setup.config.sessions_dir;
    if !sessions.exists() {
        return Vec::new();
    }
    // Problems with the file itself are found by `sessions`.
    let Ok(document) = registry::read(sessions) else {
        return Vec::new();
    };
    let resumable = kept(&document, &setup.config, Utc::now());
    let mut findings = vec![match missing(setup, &resumable) {
        Ok(missing) => without_transcript(
            resumable.len(),
            &missing,
            setup.config.discord.rebuild_sessions,
        ),
        Err(error) => Finding::warning("transcripts", format!("failed to look for them: {error}"))
            .why("whether the sessions can go on is not known")
            .mend("give the CLI's folder `projects` to the account that the CLI runs as (`chown`)"),
    }];
    findings.push(ledger(sessions, &document));
    // A running bot has temporary files of its own.
    if let Ok(lock) = Lock::take(sessions) {
        let files = [
            sessions.join(document::FILE),
            sessions.join(document::BACKUP),
        ];
        findings.extend(files.iter().filter_map(|file| leftovers(file)));
        drop(lock);
    }
    findings
}

/// A session that goes on with the next message, and the folders that its transcript may be in.
#[derive(Debug, PartialEq, Eq)]
struct Resumable {
    channel: ChannelId,
    session: String,
    workspaces: Vec<PathBuf>,
}

/// The sessions on record that go on, without those that need not be kept.
fn kept(document: &Document, config: &Config, now: DateTime<Utc>) -> Vec<Resumable> {
    let since = config.sessions.kept_since(now);
    let is_kept = |record: &Record| {
        let used = DateTime::parse_from_rfc3339(&record.last_message_at);
        used.map_or(true, |used| since.is_none_or(|since| used >= since))
    };
    document
        .records()
        .filter(|(_, record)| record.is_resumable() && is_kept(record))
        .map(|(channel, record)| Resumable {
            channel,
            workspaces: workspaces(config, record.state.works_in.unwrap_or(channel)),
            session: record.session_id.clone(),
        })
        .collect()
}

/// Where Claude may work for a channel. No record says whether it is a thread, which works in the folder that the owner has
/// named for its channel. So for a channel without settings, these folders count as well.
fn workspaces(config: &Config, channel: ChannelId) -> Vec<PathBuf> {
    let mut found = vec![config.workspace_for(channel, channel)];
    if !config.channels.contains_key(&channel) {
        let named = config.channels.values();
        found.extend(named.filter_map(|own| own.workspace.clone()));
    }
    found
}

/// The channels whose session the CLI can't go on with, looked for with the rights of the account that it runs as.
fn missing(setup: &Setup, sessions: &[Resumable]) -> io::Result<Vec<ChannelId>> {
    let environment = &setup.confinement.environment;
    let look = || {
        let mut missing = Vec::new();
        for it in sessions {
            if !has_transcript(environment, it)? {
                missing.push(it.channel);
            }
        }
        Ok(missing)
    };
    let account = setup.confinement.account.as_ref();
    account.map_or_else(look, |account| account.with_its_rights(look))
}

fn has_transcript(environment: &Environment, it: &Resumable) -> io::Result<bool> {
    let name = format!("{}.jsonl", it.session);
    for workspace in &it.workspaces {
        // The CLI names the folder after the path without links.
        let workspace = workspace
            .canonicalize()
            .unwrap_or_else(|_| workspace.clone());
        let Some(folder) = transcripts_of(environment, &workspace) else {
            // Where the CLI puts those of such a long path is not known.
            return Ok(true);
        };
        match folder.join(&name).symlink_metadata() {
            Ok(found) if found.is_file() => return Ok(true),
            Ok(_) => {}
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Judges the sessions on record, of which there are `all`, by the channels that lack their transcript.
fn without_transcript(all: usize, missing: &[ChannelId], rebuilds: bool) -> Finding {
    const NAME: &str = "transcripts";
    if missing.is_empty() {
        return Finding::ok(NAME, format!("there for all {all} sessions"));
    }
    let what = format!(
        "the CLI has no transcript of the session of {}",
        listed(missing.iter().copied())
    );
    let why = if rebuilds {
        "the next message rebuilds the conversation there from the channel's messages, without what else Claude did"
    } else {
        "the conversation there starts anew with the next message"
    };
    Finding::warning(NAME, what).why(why).mend(
        "restore the CLI's folder `projects` from a backup; if the workspace was moved or is another one now, put it back; if \
         the CLI deletes old transcripts, set `sessions.keep_days`",
    )
}

/// At most ten channels.
fn listed(channels: impl Iterator<Item = ChannelId>) -> String {
    let mut channels: Vec<_> = channels.map(|channel| channel.to_string()).collect();
    let more = channels.len().saturating_sub(10);
    channels.truncate(10);
    let more = (more > 0).then(|| format!(" and {more} more"));
    let plural = if channels.len() == 1 { "" } else { "s" };
    format!(
        "channel{plural} {}{}",
        channels.join(", "),
        more.unwrap_or_default()
    )
}

fn ledger(sessions: &Path, document: &Document) -> Finding {
    const NAME: &str = "ledger";
    let folder = sessions.join(ledger::FOLDER);
    let last = document.records().filter_map(|(channel, record)| {
        let turn = record.state.last_turn_id.clone()?;
        Some((turn, channel))
    });
    let last: BTreeMap<_, _> = last.collect();
    let read = || {
        let all = ledger::read(&folder, Period::All, Utc::now(), TimeZone::default())?;
        let turns: BTreeSet<String> = last.keys().cloned().collect();
        Ok::<_, io::Error>((all, ledger::without_line(&folder, turns)?))
    };
    let (all, absent) = match read() {
        Ok(read) => read,
        Err(error) => {
            return Finding::error(
                NAME,
                format!("failed to read {}: {error}", folder.display()),
            )
            .why("budgets and `!usage` count what is in it")
            .mend("give the folder to the account that runs the bot, or restore it from a backup");
        }
    };
    let uncounted = registry::inspect(sessions).uncounted;
    let mut what = Vec::new();
    if !absent.is_empty() {
        let channels = absent.iter().filter_map(|turn| last.get(turn).copied());
        what.push(format!("it lacks the last turn of {}", listed(channels)));
    }
    if all.unreadable > 0 {
        what.push(format!("{} of its lines can't be read", all.unreadable));
    }
    if !what.is_empty() {
        return Finding::warning(NAME, what.join("; "))
            .why("what these turns cost is missing in budgets and in `!usage`")
            .mend("restore the folder `usage` from a backup, if there is one");
    }
    let waiting = match uncounted {
        0 => String::new(),
        turns => format!("; {turns} of them are counted at the next start"),
    };
    Finding::ok(NAME, format!("{} turns{waiting}", all.total.turns))
}

/// Temporary files of this file. No writer may be running.
fn leftovers(file: &Path) -> Option<Finding> {
    let found = files::temporaries(file).ok()?;
    let first = found.first()?;
    let what = format!(
        "killed bots left {} temporary files, such as {}",
        found.len(),
        first.display()
    );
    Some(
        Finding::warning("leftovers", what)
            .why("they take room, and hold what the registry held")
            .mend("delete them; `run` does so at its start")
            .fix(Fix::Temporaries(file.to_owned())),
    )
}

#[cfg(test)]
mod tests;
