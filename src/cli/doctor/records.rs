//! The registry against the transcripts and the ledger, and what killed programs left behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::Setup;
use crate::{
    claude::Environment,
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
    let found = || transcripts(&setup.confinement.environment);
    let account = setup.confinement.account.as_ref();
    let found = account.map_or_else(found, |account| account.with_its_rights(found));
    let mut findings = vec![match found {
        Ok(transcripts) => without_transcript(&document, &transcripts, &setup.config, Utc::now()),
        Err(error) => Finding::warning("transcripts", format!("failed to list them: {error}"))
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

/// Where the CLI keeps its state.
fn state_folder(environment: &Environment) -> PathBuf {
    match environment.get("CLAUDE_CONFIG_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => environment.home().unwrap_or_default().join(".claude"),
    }
}

/// The transcripts of the CLI by session.
fn transcripts(environment: &Environment) -> io::Result<BTreeMap<String, PathBuf>> {
    let folder = state_folder(environment).join("projects");
    let mut found = BTreeMap::new();
    let projects = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        projects => projects?,
    };
    for project in projects {
        let project = project?;
        if !project.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(project.path())? {
            let file = file?;
            let path = file.path();
            let is_transcript = path.extension().is_some_and(|it| it == "jsonl");
            if is_transcript
                && file.file_type()?.is_file()
                && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            {
                found.insert(stem.to_owned(), path);
            }
        }
    }
    Ok(found)
}

/// The sessions on record that the CLI can't go on with. Those that need not be kept are none of them.
fn without_transcript(
    document: &Document,
    transcripts: &BTreeMap<String, PathBuf>,
    config: &Config,
    now: DateTime<Utc>,
) -> Finding {
    const NAME: &str = "transcripts";
    let since = config.sessions.kept_since(now);
    let is_kept = |record: &Record| {
        let used = DateTime::parse_from_rfc3339(&record.last_message_at);
        used.map_or(true, |used| since.is_none_or(|since| used >= since))
    };
    let records = document
        .records()
        .filter(|(_, record)| record.is_resumable() && is_kept(record));
    let (present, missing): (Vec<_>, Vec<_>) = records
        .map(|(channel, record)| (channel, record.session_id.clone()))
        .partition(|(_, session)| transcripts.contains_key(session));
    if missing.is_empty() {
        return Finding::ok(NAME, format!("there for all {} sessions", present.len()));
    }
    let channels = missing.iter().map(|(channel, _)| *channel);
    let what = format!(
        "the CLI has no transcript of the session of {}",
        listed(channels)
    );
    let why = if config.discord.rebuild_sessions {
        "the next message rebuilds the conversation there from the channel's messages, without what else Claude did"
    } else {
        "the conversation there starts anew with the next message"
    };
    Finding::warning(NAME, what).why(why).mend(
        "restore the CLI's folder `projects` from a backup; if the CLI deletes old transcripts, set \
         `sessions.keep_days`",
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
