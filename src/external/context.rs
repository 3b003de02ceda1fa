//! What a message refers to or carries besides its text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::snowflake::UserId;

/// What a message refers to or carries. No text in it is sanitized.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// The title of the thread it is in.
    pub thread: Option<String>,
    /// The message it replies to.
    pub quote: Option<Quote>,
    /// The texts of the messages it forwards.
    pub forwards: Vec<String>,
    /// Its own files, then those of the quote, then those of the forwarded messages.
    pub files: Vec<File>,
}

/// The message that another one replies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its author.
    pub author: UserId,
    /// The author's display name.
    pub name: String,
    /// Whether the bot wrote it.
    pub is_own: bool,
    /// The text.
    pub text: String,
}

/// A file attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The name its sender gave it.
    pub name: String,
    /// Its media type, as Discord reports it.
    pub media_type: Option<String>,
    /// Its size in bytes, as Discord reports it.
    pub size: u64,
    /// The message it is attached to.
    pub origin: FileOrigin,
    /// Whether it was fetched.
    pub state: FileState,
}

/// The message a file is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileOrigin {
    /// The message itself.
    Message,
    /// The message it replies to.
    Quote,
    /// A message it forwards.
    Forward,
}

/// Whether a file was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Not yet; it can be fetched from this URL.
    Offered(String),
    /// It is in the workspace, at this relative path.
    Saved(String),
    /// It was not fetched.
    Skipped(SkipReason),
}

/// Why a file was not fetched, as shown to Claude and to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    /// The configuration turns attachments off.
    Disabled,
    /// It has more than this many bytes.
    TooLarge(u64),
    /// The message has more than this many files.
    TooMany(usize),
    /// Its URL does not point to Discord's file servers.
    UntrustedServer,
    /// Discord's file server answered with this status.
    HttpStatus(u16),
    /// Discord's file server could not be reached, or the connection broke.
    Unreachable,
    /// The download took too long.
    TimedOut,
    /// It could not be written to the workspace.
    NotSaved,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("attachments are turned off"),
            Self::TooLarge(max) => write!(f, "larger than {max} bytes"),
            Self::TooMany(max) => write!(f, "more than {max} files in one message"),
            Self::UntrustedServer => f.write_str("not on Discord's file servers"),
            Self::HttpStatus(status) => write!(f, "Discord's file server answered {status}"),
            Self::Unreachable => f.write_str("Discord's file server could not be reached"),
            Self::TimedOut => f.write_str("the download took too long"),
            Self::NotSaved => f.write_str("it could not be saved"),
        }
    }
}

impl Context {
    /// Whether a file is still to be fetched.
    #[must_use]
    pub fn has_offers(&self) -> bool {
        let is_offer = |file: &File| matches!(file.state, FileState::Offered(_));
        self.files.iter().any(is_offer)
    }
}
