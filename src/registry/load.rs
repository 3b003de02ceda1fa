//! Loading `active.json`: what it contains, what is used in its place if it is damaged, and what is quarantined before
//! anything overwrites it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    document::{Document, ParseError},
    issue::{Fallback, LoadIssue, Quarantined},
    ledger_replay::replay,
    quarantine::{quarantine, quarantined},
    salvage::salvage,
};
use crate::{ledger, snowflake::ChannelId};

/// The file's name in the `sessions` folder.
pub const FILE: &str = "active.json";

/// The copy of the last good content.
pub const BACKUP: &str = "active.json.bak";

/// The most that is read or written, in bytes. A record has about a thousand.
pub(super) const LIMIT: usize = 64 << 20;

/// The size in bytes above which the owner is warned.
pub(super) const LARGE: usize = 8 << 20;

/// Why a bot of this version must not use a registry.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is of a later version.
    #[error("{} was written by a later Switchboard: {reason}; it was left as it is", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Which version it is of.
        reason: String,
    },
}

/// A loaded registry.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The registry.
    pub document: Document,
    /// What the owner should know. [`LoadIssue::stops_writing`] tells whether the file may be written.
    pub issues: Vec<LoadIssue>,
    /// The newest lines of the ledger, oldest first; none if it could not be read.
    pub booked: Vec<ledger::Line>,
}

/// What `check` reports about a folder's registry.
#[derive(Debug, Default)]
pub struct Inspection {
    /// The number of sessions that can be continued.
    pub sessions: usize,
    /// Why a bot would not start, or would not continue from what it wrote last.
    pub problem: Option<String>,
    /// What else the owner should know.
    pub notes: Vec<String>,
}

/// The content of a file.
enum Content {
    /// The file is missing or empty.
    Empty,
    Valid(Document, usize),
    Corrupt {
        reason: String,
        /// What could be read of it, up to the limit.
        text: Vec<u8>,
    },
    Newer(String),
    Unreadable(io::Error),
}

impl Content {
    fn of(path: &Path) -> Self {
        let mut text = Vec::new();
        let read =
            File::open(path).and_then(|file| file.take(LIMIT as u64 + 1).read_to_end(&mut text));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Empty,
            Err(error) => return Self::Unreadable(error),
            Ok(read) if read > LIMIT => {
                return Self::Corrupt {
                    reason: format!("more than {LIMIT} bytes"),
                    text,
                };
            }
            Ok(_) => {}
        }
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

/// Reads the registry of a `sessions` folder without changing anything.
///
/// # Errors
///
/// I/O errors; `InvalidData` if the file is corrupt or of a later version.
pub fn read(folder: &Path) -> io::Result<Document> {
    let path = folder.join(FILE);
    let failed = |kind, reason: &dyn std::fmt::Display| {
        io::Error::new(kind, format!("{}: {reason}", path.display()))
    };
    match Content::of(&path) {
        Content::Empty => Ok(Document::default()),
        Content::Valid(document, _) => Ok(document),
        Content::Corrupt { reason, .. } | Content::Newer(reason) => {
            Err(failed(io::ErrorKind::InvalidData, &reason))
        }
        Content::Unreadable(error) => Err(failed(error.kind(), &error)),
    }
}

/// Checks the registry of a `sessions` folder without changing anything.
#[must_use]
pub fn inspect(folder: &Path) -> Inspection {
    let path = folder.join(FILE);
    let shown = path.display();
    let mut found = Inspection::default();
    match Content::of(&path) {
        Content::Empty => {
            if has_only_backup(folder) {
                found.notes.push(format!(
                    "{shown} is missing or empty, but {BACKUP} is not; a bot would start without any sessions"
                ));
            }
        }
        Content::Valid(document, bytes) => {
            found.sessions = document
                .records()
                .filter(|(_, record)| !record.is_empty())
                .count();
            let issues = content_issues(&document, &path, bytes, || Ok(PathBuf::from("a copy")));
            found.notes.extend(issues.iter().map(ToString::to_string));
        }
        Content::Corrupt { reason, text } => {
            let fallback = match Content::of(&folder.join(BACKUP)) {
                Content::Valid(document, _) => {
                    format!("{BACKUP} with {} sessions", document.sessions())
                }
                _ => format!("the {} records that can be read", salvage(&text).len()),
            };
            found.problem = Some(format!(
                "{shown} is corrupt ({reason}); a bot would keep a copy and use {fallback}"
            ));
        }
        Content::Newer(reason) => found.problem = Some(format!("{shown}: {reason}")),
        Content::Unreadable(error) => {
            found.problem = Some(format!(
                "failed to read {shown}: {error}; a bot would answer, but record nothing"
            ));
        }
    }
    let usage = folder.join(ledger::FOLDER);
    if let (Err(error), None) = (ledger::newest(&usage), &found.problem) {
        found.problem = Some(format!(
            "failed to read {}: {error}; a bot would answer, but record nothing",
            usage.display()
        ));
    }
    match quarantined(folder) {
        Ok(copies) => {
            if let Some(newest) = copies.last() {
                found.notes.push(format!(
                    "there are {} copies of damaged or replaced files, the newest {}; remove them when nothing is \
                     missing",
                    copies.len(),
                    newest.display()
                ));
            }
        }
        Err(error) => found.notes.push(error.to_string()),
    }
    found
}

/// Loads the registry of a `sessions` folder for a bot that will write it.
///
/// * Missing or empty: the registry is empty.
/// * Corrupt: the file is copied to `active.json.corrupt-<time>-<pid>`, and the backup is used or, if that is corrupt
///   too, the records that can be read one by one.
/// * Unreadable, or corrupt and impossible to copy: the same is used in memory, and nothing may be written.
///
/// Turns that are only in the ledger are counted.
///
/// # Errors
///
/// [`LoadError`]; a bot must not start then.
pub fn load(folder: &Path) -> Result<Loaded, LoadError> {
    let path = folder.join(FILE);
    let mut issues = Vec::new();
    let mut document = match Content::of(&path) {
        Content::Empty => {
            if has_only_backup(folder) {
                issues.push(LoadIssue::Missing {
                    path: path.clone(),
                    copy: try_quarantine(&folder.join(BACKUP)),
                });
            }
            Document::default()
        }
        Content::Valid(document, bytes) => {
            issues.extend(content_issues(&document, &path, bytes, || {
                try_quarantine(&path)
            }));
            document
        }
        Content::Corrupt { reason, text } => {
            let (document, fallback) = fall_back(folder, &text, &mut issues)?;
            issues.push(LoadIssue::Corrupt {
                copy: try_quarantine(&path),
                path: path.clone(),
                reason,
                fallback,
            });
            document
        }
        Content::Unreadable(error) => {
            let (document, fallback) = fall_back(folder, &[], &mut issues)?;
            issues.push(LoadIssue::Unreadable {
                path: path.clone(),
                error: error.to_string(),
                fallback,
            });
            document
        }
        Content::Newer(reason) => return Err(LoadError::Newer { path, reason }),
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

fn try_quarantine(path: &Path) -> Quarantined {
    quarantine(path).map_err(|error| error.to_string())
}

/// Whether the backup has content. Called when the file itself is missing or empty.
fn has_only_backup(folder: &Path) -> bool {
    match Content::of(&folder.join(BACKUP)) {
        Content::Empty => false,
        Content::Valid(document, _) => document.sessions() > 0,
        Content::Corrupt { .. } | Content::Newer(_) | Content::Unreadable(_) => true,
    }
}

/// Problems with the entries of a valid file. `quarantine` copies it if the next save may overwrite some of them.
fn content_issues(
    document: &Document,
    path: &Path,
    bytes: usize,
    quarantine: impl Fn() -> Quarantined,
) -> Vec<LoadIssue> {
    let owned = |keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (damaged, unknown): (Vec<_>, Vec<_>) = document
        .unreadable()
        .partition(|key| key.parse::<ChannelId>().is_ok());
    let repeated = document.repeated().to_vec();
    let mut issues = Vec::new();
    if !unknown.is_empty() {
        issues.push(LoadIssue::UnknownKeys {
            path: path.to_owned(),
            keys: owned(unknown),
        });
    }
    if !damaged.is_empty() || !repeated.is_empty() {
        issues.push(LoadIssue::BadEntries {
            path: path.to_owned(),
            damaged: owned(damaged),
            repeated,
            copy: quarantine(),
        });
    }
    if bytes > LARGE {
        issues.push(LoadIssue::Large {
            path: path.to_owned(),
            bytes,
        });
    }
    issues
}

/// What is used in place of a file: the backup or, if that is corrupt too, the records that can be read in it and in
/// `text`, the file's own content.
fn fall_back(
    folder: &Path,
    text: &[u8],
    issues: &mut Vec<LoadIssue>,
) -> Result<(Document, Fallback), LoadError> {
    let path = folder.join(BACKUP);
    let mut records = Vec::new();
    match Content::of(&path) {
        Content::Valid(document, _) => {
            let fallback = Fallback::Backup(document.sessions());
            return Ok((document, fallback));
        }
        Content::Newer(reason) => return Err(LoadError::Newer { path, reason }),
        Content::Empty => {}
        Content::Unreadable(error) => issues.push(LoadIssue::Unreadable {
            path,
            error: error.to_string(),
            fallback: Fallback::Empty,
        }),
        Content::Corrupt { reason, text } => {
            records = salvage(&text);
            issues.push(LoadIssue::Corrupt {
                copy: try_quarantine(&path),
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
