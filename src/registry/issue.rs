//! Problems found while loading the registry, in the words of the log and of `check`. `channel::messages` has those for
//! Discord.

use std::{fmt, path::PathBuf};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadIssue {
    #[error("{} is corrupt ({reason}); {}; {fallback}", path.display(), Copy(copy))]
    Corrupt {
        path: PathBuf,
        reason: String,
        copy: Quarantined,
        fallback: Fallback,
    },
    /// The content may be fine, so it must not be overwritten.
    #[error("failed to read {}: {error}; {fallback}; nothing is written until the bot restarts", path.display())]
    Unreadable {
        path: PathBuf,
        error: String,
        fallback: Fallback,
    },
    /// The file is missing or empty, but its backup is not. The registry starts empty.
    #[error("{} is missing or empty, but its backup is not; starting without sessions; {}", path.display(), Copy(copy))]
    Missing { path: PathBuf, copy: Quarantined },
    /// Entries that the next save may overwrite: `damaged` records, and `repeated` keys, of which the last one counts.
    #[error(
        "{} has {} damaged records and {} duplicate keys: {}; {}",
        path.display(), damaged.len(), repeated.len(), [damaged.as_slice(), repeated].concat().join(", "), Copy(copy)
    )]
    BadEntries {
        path: PathBuf,
        damaged: Vec<String>,
        repeated: Vec<String>,
        copy: Quarantined,
    },
    /// Keys that are not channel IDs. They are written back unchanged.
    #[error("{} has keys that are not channel IDs, which are kept: {}", path.display(), keys.join(", "))]
    UnknownKeys { path: PathBuf, keys: Vec<String> },
    #[error("{} has {bytes} bytes, which are all rewritten after each turn", path.display())]
    Large { path: PathBuf, bytes: usize },
    /// The bot was killed after it wrote these turns to the ledger and before it counted them in the registry.
    #[error("{turns} turns were in the ledger but not in the registry; they are now counted")]
    Uncounted { turns: usize },
    /// Turns may be missing from the registry. They could no longer be found once another turn is booked.
    #[error("failed to read the ledger: {error}; nothing is written until the bot restarts")]
    LedgerUnreadable { error: String },
}

/// Where a file was copied to, or why it could not be.
pub type Quarantined = Result<PathBuf, String>;

/// What is used instead of a damaged file, with the number of its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    Backup(usize),
    /// The records that could still be read.
    Salvaged(usize),
    Empty,
}

impl LoadIssue {
    /// Whether the file must not be written.
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

impl LoadIssue {
    /// How to mend what keeps sessions from going on; `None` for the rest. Nothing of it loses anything.
    pub fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Corrupt {
                fallback: Fallback::Backup(_),
                ..
            } => Some(
                "start the bot: it goes on with the backup, and keeps a copy of the damaged file",
            ),
            Self::Corrupt { .. } => Some(
                "if you have a good copy of the file, stop the bot and put it in its place; otherwise start the bot, \
                 which goes on with what it can read and keeps a copy of the damaged file",
            ),
            Self::Unreadable { .. } => Some(
                "give the file to the account that runs the bot (`chown`), and see whether its disk is sound; then \
                 restart the bot",
            ),
            Self::LedgerUnreadable { .. } => Some(
                "give the folder `usage` in `sessions_dir`, with its files, to the account that runs the bot (`chown`); \
                 then restart the bot",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(sessions) => write!(f, "using the backup ({sessions} sessions)"),
            Self::Salvaged(records) => write!(f, "no usable backup; {records} records salvaged"),
            Self::Empty => f.write_str("no usable backup; starting without sessions"),
        }
    }
}

struct Copy<'a>(&'a Quarantined);

impl fmt::Display for Copy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(path) => write!(f, "its copy is {}", path.display()),
            Err(error) => {
                write!(
                    f,
                    "failed to copy it ({error}); nothing is written until the bot restarts"
                )
            }
        }
    }
}
