//! Problems found while loading the registry. `Display` is for the log and for `check`; what a person reads in a
//! channel is in `channel::words`.

use std::{fmt, path::PathBuf};

/// A problem found while loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadIssue {
    /// The file is not JSON.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        reason: String,
        /// Where the file was quarantined.
        copy: Quarantined,
        /// What is used in its place.
        fallback: Fallback,
    },
    /// The file could not be read. Its content may be fine, so it must not be overwritten.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: String,
        /// What is used in its place.
        fallback: Fallback,
    },
    /// The file is missing or empty, but its backup is not. The registry starts empty.
    Missing {
        /// The file.
        path: PathBuf,
        /// Where the backup was quarantined.
        copy: Quarantined,
    },
    /// Entries that the next save may overwrite.
    BadEntries {
        /// The file.
        path: PathBuf,
        /// Channels whose entry cannot be read as a record.
        damaged: Vec<String>,
        /// Keys that occur more than once; the last one counts.
        repeated: Vec<String>,
        /// Where the file was quarantined.
        copy: Quarantined,
    },
    /// Keys that are not channel ids. They are written back unchanged.
    UnknownKeys {
        /// The file.
        path: PathBuf,
        /// The keys.
        keys: Vec<String>,
    },
    /// The file is unusually large.
    Large {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: usize,
    },
    /// The bot was killed after it had written turns to the ledger and before it counted them in the registry. They are
    /// counted now.
    Uncounted {
        /// How many turns.
        turns: usize,
    },
    /// The ledger could not be read, so that turns may be missing from the registry. Once another turn is booked, they
    /// could no longer be found.
    LedgerUnreadable {
        /// The system's error.
        error: String,
    },
}

/// Where a file was copied to, or the system's error.
pub type Quarantined = Result<PathBuf, String>;

/// What is used in place of a file that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// The backup, with this many sessions.
    Backup(usize),
    /// This many records, read one by one.
    Salvaged(usize),
    /// An empty registry.
    Empty,
}

impl LoadIssue {
    /// Whether the file must not be written.
    #[must_use]
    pub fn stops_writing(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::LedgerUnreadable { .. } => true,
            Self::Corrupt { copy, .. }
            | Self::Missing { copy, .. }
            | Self::BadEntries { copy, .. } => copy.is_err(),
            Self::UnknownKeys { .. } | Self::Large { .. } | Self::Uncounted { .. } => false,
        }
    }
}

impl fmt::Display for LoadIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt {
                path,
                reason,
                copy,
                fallback,
            } => write!(
                f,
                "{} is corrupt ({reason}); {}; {fallback}",
                path.display(),
                Outcome(copy)
            ),
            Self::Unreadable {
                path,
                error,
                fallback,
            } => write!(
                f,
                "failed to read {}: {error}; {fallback}; nothing is written until the bot is restarted",
                path.display()
            ),
            Self::Missing { path, copy } => write!(
                f,
                "{} is missing or empty, but its backup is not; starting without any sessions; the backup {}",
                path.display(),
                Outcome(copy)
            ),
            Self::BadEntries {
                path,
                damaged,
                repeated,
                copy,
            } => {
                write!(f, "in {}:", path.display())?;
                for (what, keys) in [("damaged records", damaged), ("duplicate keys", repeated)] {
                    if !keys.is_empty() {
                        write!(f, " {what} {};", keys.join(", "))?;
                    }
                }
                write!(f, " the file {}", Outcome(copy))
            }
            Self::UnknownKeys { path, keys } => write!(
                f,
                "{} has keys that are not channel ids; they are kept: {}",
                path.display(),
                keys.join(", ")
            ),
            Self::Large { path, bytes } => write!(
                f,
                "{} has {bytes} bytes, all of which are rewritten after each turn",
                path.display()
            ),
            Self::Uncounted { turns } => write!(
                f,
                "{turns} turns were in the ledger but not counted in the registry; they are now"
            ),
            Self::LedgerUnreadable { error } => write!(
                f,
                "failed to read the ledger: {error}; nothing is written until the bot is restarted"
            ),
        }
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(sessions) => write!(f, "using the backup ({sessions} sessions)"),
            Self::Salvaged(records) => {
                write!(
                    f,
                    "there is no usable backup; {records} records were salvaged"
                )
            }
            Self::Empty => f.write_str("there is no usable backup; starting without any sessions"),
        }
    }
}

struct Outcome<'a>(&'a Quarantined);

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(path) => write!(f, "was copied to {}", path.display()),
            Err(error) => write!(
                f,
                "could not be copied ({error}), so nothing is written until the bot is restarted"
            ),
        }
    }
}
