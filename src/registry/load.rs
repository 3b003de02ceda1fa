//! Loading `active.json`: what is used instead if it is damaged, and what is quarantined before it is overwritten.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    document::{BACKUP, Document, FILE, ParseError},
    issue::{Fallback, LoadIssue, Quarantined},
    ledger_replay::replay,
    quarantine::{quarantine, quarantined},
    salvage::salvage,
};
use crate::{config::Machine, ledger, snowflake::ChannelId};

/// The largest part of the memory that a file may take: it is read whole and then kept in parts.
const MEMORY_DIVISOR: u64 = 4;

/// The size in bytes above which the owner is warned. A record has about a thousand.
const LARGE: usize = 32 << 20;

/// Why a bot must not use a registry.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("a later version of Switchboard wrote {}, which is left unchanged: {reason}", path.display())]
    Newer { path: PathBuf, reason: String },
}

/// A loaded registry.
#[derive(Debug, Default)]
pub struct Loaded {
    pub document: Document,
    /// [`LoadIssue::stops_writing`] tells whether the file may be written.
    pub issues: Vec<LoadIssue>,
    /// The newest lines of the ledger, oldest first; empty if it could not be read.
    pub booked: Vec<ledger::TurnLine>,
}

/// What `check` reports about a registry.
#[derive(Debug, Default)]
pub struct Inspection {
    /// The number of sessions that can be continued.
    pub sessions: usize,
    /// Why a bot would not start, or would not continue all sessions, and how to mend that.
    pub problems: Vec<(String, &'static str)>,
    /// What else the owner should know.
    pub notes: Vec<String>,
    /// How many turns only the ledger has. The next start counts them.
    pub uncounted: usize,
}

enum LoadedFile {
    /// The file is missing or empty.
    Empty,
    /// A document and its size in bytes.
    Valid(Document, usize),
    Corrupt {
        reason: String,
        text: Vec<u8>,
    },
    Newer(String),
    Unreadable(io::Error),
}

impl LoadedFile {
    fn of(path: &Path) -> Self {
        let text = match read_whole(path, Machine::capture().memory_bytes / MEMORY_DIVISOR) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Empty,
            Err(error) => return Self::Unreadable(error),
            Ok(text) => text,
        };
        if text.trim_ascii().is_empty() {
            return Self::Empty;
        }
        match Document::parse(&text) {
            Ok(document) => Self::Valid(document, text.len()),
            Err(error @ ParseError::Version(_)) => Self::Newer(error.to_string()),
            Err(ParseError::Json(error)) => Self::Corrupt {
                reason: error.to_string(),
                text,
            },
        }
    }
}

/// Reads a file of at most `limit` bytes.
fn read_whole(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len().min(limit);
    // With a byte more, it is read without allocating more.
    let mut text = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    let read = file.take(limit + 1).read_to_end(&mut text)?;
    if read as u64 > limit {
        let reason = format!("it has more than {limit} bytes, too many for this machine's memory");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(text)
}

/// Reads the registry of a `sessions` folder, without a fallback.
pub fn read(folder: &Path) -> io::Result<Document> {
    let path = folder.join(FILE);
    let (kind, reason) = match LoadedFile::of(&path) {
        LoadedFile::Empty => return Ok(Document::default()),
        LoadedFile::Valid(document, _) => return Ok(document),
        LoadedFile::Corrupt { reason, .. } | LoadedFile::Newer(reason) => {
            (io::ErrorKind::InvalidData, reason)
        }
        LoadedFile::Unreadable(error) => (error.kind(), error.to_string()),
    };
    let message = format!("{}: {reason}", path.display());
    Err(io::Error::new(kind, message))
}

/// Checks the registry of a `sessions` folder without changing anything.
pub fn inspect(folder: &Path) -> Inspection {
    let mut found = Inspection::default();
    match load_with(folder, |path| {
        Ok(path.with_file_name(format!("{FILE}.corrupt-...")))
    }) {
        Err(error @ LoadError::Newer { .. }) => {
            let mend = "install that version or a later one; do not remove the file";
            found.problems.push((error.to_string(), mend));
        }
        Ok(loaded) => {
            let records = loaded.document.records();
            found.notes.extend(records.filter_map(|(channel, record)| {
                let permission = record.state.missing_permission.as_ref()?;
                let name = record.channel_name.as_deref().unwrap_or("?");
                Some(format!(
                    "the bot lacks the permission \"{permission}\" in the channel {name} ({channel}), so it runs nothing there"
                ))
            }));
            let records = loaded.document.records();
            found.sessions = records.filter(|(_, record)| !record.is_empty()).count();
            for issue in loaded.issues {
                if let LoadIssue::Uncounted { turns } = issue {
                    found.uncounted = turns;
                } else if let Some(mend) = issue.mend() {
                    found.problems.push((issue.to_string(), mend));
                } else {
                    found.notes.push(issue.to_string());
                }
            }
        }
    }
    match quarantined(folder) {
        Ok(copies) => found.notes.extend(copies.last().map(|newest| {
            format!(
                "there are {} copies of damaged files, the newest is {}; delete them if nothing is missing",
                copies.len(),
                newest.display()
            )
        })),
        Err(error) => found.notes.push(error.to_string()),
    }
    found
}

/// Loads the registry of a `sessions` folder for a bot that will write it.
///
/// * A missing or empty file is an empty registry.
/// * A corrupt file is copied to `active.json.corrupt-<time>-<pid>`. The backup is used or, if that is corrupt too, the
///   records that can still be read in both.
/// * If the file cannot be read or copied, the same is used in memory, and nothing may be written.
///
/// Turns that only the ledger has are counted.
pub fn load(folder: &Path) -> Result<Loaded, LoadError> {
    load_with(folder, |path| {
        quarantine(path).map_err(|error| error.to_string())
    })
}

/// `quarantine` copies a file.
fn load_with(folder: &Path, quarantine: fn(&Path) -> Quarantined) -> Result<Loaded, LoadError> {
    let path = folder.join(FILE);
    let mut issues = Vec::new();
    let mut document = match LoadedFile::of(&path) {
        LoadedFile::Empty => {
            let backup = folder.join(BACKUP);
            let has_sessions = match LoadedFile::of(&backup) {
                LoadedFile::Empty => false,
                LoadedFile::Valid(document, _) => document.sessions() > 0,
                LoadedFile::Corrupt { .. } | LoadedFile::Newer(_) | LoadedFile::Unreadable(_) => {
                    true
                }
            };
            if has_sessions {
                issues.push(LoadIssue::Missing {
                    path,
                    copy: quarantine(&backup),
                });
            }
            Document::default()
        }
        LoadedFile::Valid(document, bytes) => {
            issues.extend(content_issues(&document, &path, bytes, quarantine));
            document
        }
        LoadedFile::Corrupt { reason, text } => {
            let (document, fallback) = fall_back(folder, &text, &mut issues, quarantine)?;
            issues.push(LoadIssue::Corrupt {
                copy: quarantine(&path),
                path,
                reason,
                fallback,
            });
            document
        }
        LoadedFile::Unreadable(error) => {
            let (document, fallback) = fall_back(folder, &[], &mut issues, quarantine)?;
            issues.push(LoadIssue::Unreadable {
                path,
                error: error.to_string(),
                fallback,
            });
            document
        }
        LoadedFile::Newer(reason) => return Err(LoadError::Newer { path, reason }),
    };
    let booked = ledger::newest(&folder.join(ledger::FOLDER)).unwrap_or_else(|error| {
        issues.push(LoadIssue::LedgerUnreadable {
            error: error.to_string(),
        });
        Vec::new()
    });
    let turns = replay(&mut document, &booked);
    if turns > 0 {
        issues.push(LoadIssue::Uncounted { turns });
    }
    Ok(Loaded {
        document,
        issues,
        booked,
    })
}

/// Problems with the entries of a valid file, which is quarantined if the next save may overwrite some of them.
fn content_issues(
    document: &Document,
    path: &Path,
    bytes: usize,
    quarantine: fn(&Path) -> Quarantined,
) -> Vec<LoadIssue> {
    let path = || path.to_owned();
    let unreadable = document.unreadable().map(str::to_owned);
    let (damaged, keys): (Vec<_>, Vec<_>) =
        unreadable.partition(|key| key.parse::<ChannelId>().is_ok());
    let repeated = document.repeated().to_vec();
    let mut issues = Vec::new();
    if !keys.is_empty() {
        issues.push(LoadIssue::UnknownKeys { path: path(), keys });
    }
    if !damaged.is_empty() || !repeated.is_empty() {
        issues.push(LoadIssue::BadEntries {
            path: path(),
            damaged,
            repeated,
            copy: quarantine(&path()),
        });
    }
    if bytes > LARGE {
        let path = path();
        issues.push(LoadIssue::Large { path, bytes });
    }
    issues
}

/// What is used instead of a file: the backup or, if that is corrupt too, the records that can still be read in it and
/// in `text`, the file's own content.
fn fall_back(
    folder: &Path,
    text: &[u8],
    issues: &mut Vec<LoadIssue>,
    quarantine: fn(&Path) -> Quarantined,
) -> Result<(Document, Fallback), LoadError> {
    let path = folder.join(BACKUP);
    let mut records = Vec::new();
    match LoadedFile::of(&path) {
        LoadedFile::Valid(document, _) => {
            let fallback = Fallback::Backup(document.sessions());
            return Ok((document, fallback));
        }
        LoadedFile::Newer(reason) => return Err(LoadError::Newer { path, reason }),
        LoadedFile::Empty => {}
        LoadedFile::Unreadable(error) => issues.push(LoadIssue::Unreadable {
            path,
            error: error.to_string(),
            fallback: Fallback::Empty,
        }),
        LoadedFile::Corrupt { reason, text } => {
            records = salvage(&text);
            issues.push(LoadIssue::Corrupt {
                copy: quarantine(&path),
                path,
                reason,
                fallback: Fallback::Salvaged(records.len()),
            });
        }
    }
    records.extend(salvage(text));
    let mut document = Document::default();
    for (key, value) in records {
        document.restore(key, value.get());
    }
    let fallback = match document.sessions() {
        0 => Fallback::Empty,
        sessions => Fallback::Salvaged(sessions),
    };
    Ok((document, fallback))
}
