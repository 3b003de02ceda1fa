//! What a message goes with, beside its words.

use std::fmt;

use crate::snowflake::UserId;

/// What a message goes with. Every text in it is as somebody chose it; it is cleaned where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The title of the thread that it stands in.
    pub thread: Option<String>,
    /// The message that it replies to.
    pub quote: Option<Quote>,
    /// The texts that it forwards.
    pub forwards: Vec<String>,
    /// The files of all three, in this order: its own, those of the quote, those that are forwarded.
    pub files: Vec<File>,
}

/// A message that is replied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Who wrote it.
    pub author: UserId,
    /// Their name.
    pub name: String,
    /// Whether it is the bot's own.
    pub is_own: bool,
    /// Its text.
    pub text: String,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type, as Discord has it.
    pub kind: Option<String>,
    /// Its size in bytes, as Discord has it.
    pub size: u64,
    /// What it is a part of.
    pub part: Part,
    /// What has become of it.
    pub fate: Fate,
}

/// What a file is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The message itself.
    Message,
    /// The message that it replies to.
    Quote,
    /// A message that it forwards.
    Forward,
}

/// What has become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It can be fetched from this address.
    Offered(String),
    /// It is in the workspace, under this path.
    Saved(String),
    /// It was not fetched.
    Left(Left),
}

/// Why a file was not fetched, in plain words: for Claude and for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Files are not fetched at all.
    Off,
    /// It is larger than so many bytes.
    TooLarge(u64),
    /// It is one too many; so many are fetched.
    TooMany(usize),
    /// Its address is not that of Discord's file servers.
    Elsewhere,
    /// Discord's file server answered with this status.
    Refused(u16),
    /// Discord's file server could not be reached, or the line broke.
    Unreachable,
    /// It did not come in time.
    TooSlow,
    /// It could not be written into the workspace.
    NotSaved,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("files are not fetched here"),
            Self::TooLarge(most) => write!(f, "larger than {most} bytes"),
            Self::TooMany(most) => write!(f, "more than {most} files at once"),
            Self::Elsewhere => f.write_str("not on Discord's file servers"),
            Self::Refused(status) => write!(f, "Discord's file server answered {status}"),
            Self::Unreachable => f.write_str("Discord's file server could not be reached"),
            Self::TooSlow => f.write_str("it did not come in time"),
            Self::NotSaved => f.write_str("it could not be saved"),
        }
    }
}

impl Context {
    /// Whether there is a file still to be fetched.
    #[must_use]
    pub fn has_offers(&self) -> bool {
        let is_offer = |file: &File| matches!(file.fate, Fate::Offered(_));
        self.files.iter().any(is_offer)
    }
}
