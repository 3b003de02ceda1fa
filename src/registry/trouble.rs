//! What was not as it should be when the registry was loaded. `Display` is for the log and for `check`; what a
//! person reads in a channel is in `channel::words`.

use std::{fmt, path::PathBuf};

/// Something found while loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The file is broken.
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// Where it was kept.
        kept: Kept,
        /// What is used instead.
        used: Used,
    },
    /// The system did not let us read the file. It may well be whole, so nothing may take its place.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: String,
        /// What is used instead.
        used: Used,
    },
    /// The file is missing or empty, which is an empty registry, but its last good copy is not.
    Reset {
        /// The file.
        path: PathBuf,
        /// Where the copy was kept.
        kept: Kept,
    },
    /// Entries that are no records, or that stand there twice. The next save makes something else of them.
    Odd {
        /// The file.
        path: PathBuf,
        /// Channels without a session id.
        no_session: Vec<String>,
        /// Keys that stand there more than once; the last one counts.
        repeated: Vec<String>,
        /// Where the file as it was is kept.
        kept: Kept,
    },
    /// Keys that are no channels. They are written back as they are.
    NoChannels {
        /// The file.
        path: PathBuf,
        /// The keys.
        keys: Vec<String>,
    },
    /// The file has grown beyond what a registry is thought to be.
    Large {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: usize,
    },
    /// A bot was killed between the ledger and the registry. The turns are counted now.
    NotCounted {
        /// How many turns.
        turns: usize,
    },
    /// The ledger could not be read. Whether the registry counts all of its turns is not known, and would never be
    /// once another turn is counted.
    NoLedger {
        /// The system's reason.
        error: String,
    },
}

/// A copy of a file, or the system's reason why there is none.
pub type Kept = Result<PathBuf, String>;

/// What is used in the place of a file that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// The last good copy, with so many sessions.
    Backup(usize),
    /// So many records, read one by one.
    Salvaged(usize),
    /// An empty registry.
    Nothing,
}

impl Trouble {
    /// Whether nothing may be written in the file's place.
    #[must_use]
    pub fn stops_writing(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::NoLedger { .. } => true,
            Self::Broken { kept, .. } | Self::Reset { kept, .. } | Self::Odd { kept, .. } => {
                kept.is_err()
            }
            Self::NoChannels { .. } | Self::Large { .. } | Self::NotCounted { .. } => false,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken {
                path,
                reason,
                kept,
                used,
            } => {
                let path = path.display();
                write!(f, "{path} is broken ({reason}); {}, and {used}", It(kept))
            }
            Self::Unreadable { path, error, used } => {
                let path = path.display();
                write!(
                    f,
                    "failed to read {path}: {error}; {used}, and nothing is written until the bot is restarted"
                )
            }
            Self::Reset { path, kept } => {
                let path = path.display();
                write!(
                    f,
                    "{path} is missing or empty, but its last good copy is not: no session is known; the copy: {}",
                    It(kept)
                )
            }
            Self::Odd {
                path,
                no_session,
                repeated,
                kept,
            } => {
                write!(f, "in {}", path.display())?;
                for (what, keys) in [
                    ("channels without a session id", no_session),
                    ("keys that stand there twice", repeated),
                ] {
                    if !keys.is_empty() {
                        write!(f, ", {what}: {}", keys.join(", "))?;
                    }
                }
                write!(f, "; the file as it was: {}", It(kept))
            }
            Self::NoChannels { path, keys } => {
                let keys = keys.join(", ");
                write!(
                    f,
                    "no channels, kept as they are in {}: {keys}",
                    path.display()
                )
            }
            Self::Large { path, bytes } => {
                write!(
                    f,
                    "{} has {bytes} bytes, and is written anew with each turn",
                    path.display()
                )
            }
            Self::NotCounted { turns } => write!(
                f,
                "{turns} turns of the ledger were not counted in the registry; they are now"
            ),
            Self::NoLedger { error } => write!(
                f,
                "failed to read the ledger: {error}; nothing is written until the bot is restarted"
            ),
        }
    }
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(sessions) => {
                write!(f, "the last good state is used ({sessions} sessions)")
            }
            Self::Salvaged(sessions) => write!(
                f,
                "no good state is left: {sessions} records were read one by one"
            ),
            Self::Nothing => f.write_str("no good state is left"),
        }
    }
}

/// What became of a file.
struct It<'a>(&'a Kept);

impl fmt::Display for It<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(path) => write!(f, "it was kept as {}", path.display()),
            Err(error) => write!(
                f,
                "it could not be kept aside ({error}), so nothing is written until the bot is restarted"
            ),
        }
    }
}
