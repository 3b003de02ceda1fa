//! What belongs to a message besides its text.

use serde::{Deserialize, Serialize};

use crate::snowflake::UserId;

/// What belongs to a message besides its text. Nothing in it is sanitized.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// The title of the thread.
    pub thread: Option<String>,
    /// The message it replies to.
    pub quote: Option<Quote>,
    /// The texts of forwarded messages.
    pub forwards: Vec<String>,
    /// The message's own files, then the quote's, then those of the forwarded messages.
    pub files: Vec<File>,
}

/// The message replied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub author: UserId,
    /// The author's display name.
    pub name: String,
    /// Whether the bot wrote it.
    pub is_own: bool,
    pub text: String,
}

/// A file attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub name: String,
    /// As Discord reports it.
    pub media_type: Option<String>,
    /// In bytes, as Discord reports it.
    pub size: u64,
    pub origin: FileOrigin,
    pub state: FileState,
}

/// The message a file is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileOrigin {
    Message,
    /// The message replied to.
    Quote,
    /// A forwarded message.
    Forward,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// It can be fetched from this URL.
    Offered(String),
    /// It is in the workspace, at this relative path.
    Saved(String),
    Skipped(SkipReason),
}

/// Why a file was not fetched, as shown to Claude and the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SkipReason {
    #[error("attachments are turned off")]
    Disabled,
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    #[error("more than {0} files in one message")]
    TooMany(usize),
    #[error("not on Discord's file servers")]
    UntrustedServer,
    #[error("Discord's file server answered {0}")]
    HttpStatus(u16),
    #[error("Discord's file server could not be reached")]
    Unreachable,
    #[error("the download took too long")]
    TimedOut,
    #[error("it could not be saved")]
    NotSaved,
}

impl Context {
    /// Whether a file is still to be fetched.
    pub fn has_offers(&self) -> bool {
        let is_offer = |file: &File| matches!(file.state, FileState::Offered(_));
        self.files.iter().any(is_offer)
    }
}
