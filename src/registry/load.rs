//! Loading `active.json`: what stands there, what is used where it is no good, and what must be kept aside before
//! anything is written in its place.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    aside::{keep_aside, kept},
    catch_up::catch_up,
    document::{Document, ParseError},
    salvage::salvage,
    trouble::{Kept, Trouble, Used},
};
use crate::{ledger, snowflake::ChannelId};

/// The file's name in the `sessions` folder.
pub const FILE: &str = "active.json";

/// The copy of the last good content.
pub const BACKUP: &str = "active.json.bak";

/// The most that is read or written, in bytes: a record has about a thousand.
pub(super) const LIMIT: usize = 64 << 20;

/// A size that no registry should have, in bytes: it is worth a word.
pub(super) const LARGE: usize = 8 << 20;

/// A registry that a bot of this version must leave alone.
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

/// What was found.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The registry.
    pub document: Document,
    /// What the owner should hear of. [`Trouble::stops_writing`] tells whether the file may be written.
    pub trouble: Vec<Trouble>,
    /// The newest lines of the ledger, oldest first; none where it could not be read.
    pub booked: Vec<ledger::Line>,
}

/// What `check` says of a folder's registry.
#[derive(Debug, Default)]
pub struct Inspection {
    /// How many sessions there are to go on with.
    pub sessions: usize,
    /// Why a bot would not start, or go on with what it has not written last.
    pub wrong: Option<String>,
    /// Worth knowing.
    pub odd: Vec<String>,
}

/// What stands in a file.
enum Content {
    /// The file is missing or empty.
    Nothing,
    Whole(Document, usize),
    Broken {
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
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Nothing,
            Err(error) => return Self::Unreadable(error),
            Ok(read) if read > LIMIT => {
                return Self::Broken {
                    reason: format!("more than {LIMIT} bytes"),
                    text,
                };
            }
            Ok(_) => {}
        }
        if text.trim_ascii().is_empty() {
            return Self::Nothing;
        }
        match Document::parse(&text) {
            Ok(document) => Self::Whole(document, text.len()),
            Err(error @ ParseError::Version(_)) => Self::Newer(error.to_string()),
            Err(ParseError::Json(error)) => Self::Broken {
                reason: error.to_string(),
                text,
            },
        }
    }
}

/// Reads the registry of a `sessions` folder and touches nothing.
///
/// # Errors
///
/// As the system gives them; `InvalidData` where the file is broken or of a later version.
pub fn read(folder: &Path) -> io::Result<Document> {
    let path = folder.join(FILE);
    let said = |kind, reason: &dyn std::fmt::Display| {
        io::Error::new(kind, format!("{}: {reason}", path.display()))
    };
    match Content::of(&path) {
        Content::Nothing => Ok(Document::default()),
        Content::Whole(document, _) => Ok(document),
        Content::Broken { reason, .. } | Content::Newer(reason) => {
            Err(said(io::ErrorKind::InvalidData, &reason))
        }
        Content::Unreadable(error) => Err(said(error.kind(), &error)),
    }
}

/// Looks at the registry of a `sessions` folder and touches nothing.
#[must_use]
pub fn inspect(folder: &Path) -> Inspection {
    let path = folder.join(FILE);
    let shown = path.display();
    let mut found = Inspection::default();
    match Content::of(&path) {
        Content::Nothing => {
            if is_reset(folder) {
                found.odd.push(format!(
                    "{shown} is missing or empty, but {BACKUP} is not; a bot begins with no session"
                ));
            }
        }
        Content::Whole(document, bytes) => {
            found.sessions = document
                .records()
                .filter(|(_, record)| !record.is_empty())
                .count();
            found.odd.extend(
                odd(&document, &path, bytes, || Ok(PathBuf::from("a copy")))
                    .iter()
                    .map(ToString::to_string),
            );
        }
        Content::Broken { reason, text } => {
            let instead = match Content::of(&folder.join(BACKUP)) {
                Content::Whole(document, _) => {
                    format!("{BACKUP} with {} sessions", document.sessions())
                }
                _ => format!("the {} records that can be read", salvage(&text).len()),
            };
            found.wrong = Some(format!(
                "{shown} is broken ({reason}); a bot would keep it aside and go on with {instead}"
            ));
        }
        Content::Newer(reason) => found.wrong = Some(format!("{shown}: {reason}")),
        Content::Unreadable(error) => {
            found.wrong = Some(format!(
                "failed to read {shown}: {error}; a bot would answer, but record nothing"
            ));
        }
    }
    let usage = folder.join(ledger::FOLDER);
    if let (Err(error), None) = (ledger::newest(&usage), &found.wrong) {
        found.wrong = Some(format!(
            "failed to read {}: {error}; a bot would answer, but record nothing",
            usage.display()
        ));
    }
    match kept(folder) {
        Ok(kept) => {
            if let Some(newest) = kept.last() {
                found.odd.push(format!(
                    "{} broken or replaced files are kept, the newest {}; remove them when nothing is missing",
                    kept.len(),
                    newest.display()
                ));
            }
        }
        Err(error) => found.odd.push(error.to_string()),
    }
    found
}

/// Reads the registry of a `sessions` folder for a bot that will write it.
///
/// Missing or empty: an empty registry. Broken: copied to `active.json.corrupt-<time>-<pid>`; the last good content
/// is used or, where that is no good either, the records that can be read one by one. Not readable, or broken and
/// not to be copied: the last good content is used in memory, and nothing may be written. Turns that only the ledger
/// has are counted.
///
/// # Errors
///
/// [`LoadError`]; a bot must not start then.
pub fn load(folder: &Path) -> Result<Loaded, LoadError> {
    let path = folder.join(FILE);
    let mut trouble = Vec::new();
    let keep = |path: &Path| -> Kept { keep_aside(path).map_err(|error| error.to_string()) };
    let mut document = match Content::of(&path) {
        Content::Nothing => {
            if is_reset(folder) {
                let kept = keep(&folder.join(BACKUP));
                trouble.push(Trouble::Reset {
                    path: path.clone(),
                    kept,
                });
            }
            Document::default()
        }
        Content::Whole(document, bytes) => {
            trouble.extend(odd(&document, &path, bytes, || keep(&path)));
            document
        }
        Content::Broken { reason, text } => {
            let (document, used) = instead(folder, &text, &mut trouble)?;
            trouble.push(Trouble::Broken {
                kept: keep(&path),
                path: path.clone(),
                reason,
                used,
            });
            document
        }
        Content::Unreadable(error) => {
            let (document, used) = instead(folder, &[], &mut trouble)?;
            trouble.push(Trouble::Unreadable {
                path: path.clone(),
                error: error.to_string(),
                used,
            });
            document
        }
        Content::Newer(reason) => return Err(LoadError::Newer { path, reason }),
    };
    let booked = ledger::newest(&folder.join(ledger::FOLDER)).unwrap_or_else(|error| {
        trouble.push(Trouble::NoLedger {
            error: error.to_string(),
        });
        Vec::new()
    });
    let turns = catch_up(&mut document, &booked);
    if turns > 0 {
        trouble.push(Trouble::NotCounted { turns });
    }
    Ok(Loaded {
        document,
        trouble,
        booked,
    })
}

/// Whether the last good copy holds more than the file that is missing or empty.
fn is_reset(folder: &Path) -> bool {
    match Content::of(&folder.join(BACKUP)) {
        Content::Nothing => false,
        Content::Whole(document, _) => document.sessions() > 0,
        Content::Broken { .. } | Content::Newer(_) | Content::Unreadable(_) => true,
    }
}

/// What is odd about a file that can be read. `keep` keeps it aside, where the next save makes something else of it.
fn odd(document: &Document, path: &Path, bytes: usize, keep: impl Fn() -> Kept) -> Vec<Trouble> {
    let owned = |keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (no_session, no_channels): (Vec<_>, Vec<_>) = document
        .unreadable()
        .partition(|key| key.parse::<ChannelId>().is_ok());
    let repeated = document.repeated().to_vec();
    let mut trouble = Vec::new();
    if !no_channels.is_empty() {
        trouble.push(Trouble::NoChannels {
            path: path.to_owned(),
            keys: owned(no_channels),
        });
    }
    if !no_session.is_empty() || !repeated.is_empty() {
        trouble.push(Trouble::Odd {
            path: path.to_owned(),
            no_session: owned(no_session),
            repeated,
            kept: keep(),
        });
    }
    if bytes > LARGE {
        trouble.push(Trouble::Large {
            path: path.to_owned(),
            bytes,
        });
    }
    trouble
}

/// What is used in the place of a file of which this `text` is known: the last good copy, or what can be read of the
/// records in both.
fn instead(
    folder: &Path,
    text: &[u8],
    trouble: &mut Vec<Trouble>,
) -> Result<(Document, Used), LoadError> {
    let path = folder.join(BACKUP);
    let mut records = Vec::new();
    match Content::of(&path) {
        Content::Whole(document, _) => {
            let used = Used::Backup(document.sessions());
            return Ok((document, used));
        }
        Content::Newer(reason) => return Err(LoadError::Newer { path, reason }),
        Content::Nothing => {}
        Content::Unreadable(error) => trouble.push(Trouble::Unreadable {
            path,
            error: error.to_string(),
            used: Used::Nothing,
        }),
        Content::Broken { reason, text } => {
            records = salvage(&text);
            trouble.push(Trouble::Broken {
                kept: keep_aside(&path).map_err(|error| error.to_string()),
                path,
                reason,
                used: Used::Salvaged(records.len()),
            });
        }
    }
    records.extend(salvage(text));
    let mut document = Document::default();
    for (key, value) in records {
        document.restore(key, value.get());
    }
    let used = match document.sessions() {
        0 => Used::Nothing,
        sessions => Used::Salvaged(sessions),
    };
    Ok((document, used))
}
