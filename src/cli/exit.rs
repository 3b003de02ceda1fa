//! Exit codes, after `sysexits.h` where it has one that fits.

use std::process::ExitCode;

use crate::{
    app,
    discord::Fatal,
    registry::{LoadError, LockError},
};

/// Why the program ends other than well. `Display` is for stderr.
#[derive(Debug, thiserror::Error)]
pub(super) enum Exit {
    /// `check` found something that keeps the bot from running; it has said what.
    #[error("")]
    CheckFailed,
    /// What was asked for is not there.
    #[error("{0}")]
    NotThere(String),
    /// The sessions are a later Switchboard's.
    #[error("{0}")]
    Newer(String),
    /// The machine does not give what the program needs.
    #[error("{0}")]
    Software(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Files(String),
    /// The gateway delivers nothing any more.
    #[error("{0}")]
    Deaf(String),
    /// Discord is about to ban the bot.
    #[error("{0}")]
    Refused(String),
    /// Another bot has the folder.
    #[error("{0}")]
    InUse(String),
    /// Discord refused an intent.
    #[error("{0}")]
    Intent(String),
    /// Discord refused the token.
    #[error("{0}")]
    Token(String),
    /// The configuration is wrong.
    #[error("{0}")]
    Config(String),
}

/// The codes, as `--help` and the docs list them.
pub(super) const CODES: &str = "\
Exit codes:
   0  ended in order
   1  `check` found a problem, or what was asked for is not there
   2  the command line is wrong
  65  the sessions were written by a later version of Switchboard
  69  online but deaf: Discord answers, but its gateway delivers nothing
  70  the machine refused a thread, a port or a runtime
  74  a file could not be read or written
  75  another Switchboard uses the same sessions folder
  76  Discord refused the message content intent, or closed the connection for good
  77  Discord refused the bot token
  78  the configuration is wrong, or no token was found
  79  Discord refused so many requests that it would soon ban the bot";

impl Exit {
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::CheckFailed | Self::NotThere(_) => 1,
            Self::Newer(_) => 65,
            Self::Deaf(_) => 69,
            Self::Software(_) => 70,
            Self::Files(_) => 74,
            Self::InUse(_) => 75,
            Self::Intent(_) => 76,
            Self::Token(_) => 77,
            Self::Config(_) => 78,
            Self::Refused(_) => 79,
        })
    }
}

impl From<app::Error> for Exit {
    fn from(error: app::Error) -> Self {
        let words = error.to_string();
        match error {
            app::Error::Lock(LockError::Held { .. }) => Self::InUse(words),
            app::Error::Registry(LoadError::Newer { .. }) => Self::Newer(words),
            app::Error::Lock(_) | app::Error::Setup { .. } => Self::Files(words),
            app::Error::Discord(Fatal::TokenRejected) => Self::Token(words),
            app::Error::Discord(Fatal::IntentRefused | Fatal::Closed(_)) => Self::Intent(words),
            app::Error::Discord(Fatal::NotLoopback(_)) => Self::Config(words),
            app::Error::Discord(Fatal::Deaf(_)) => Self::Deaf(words),
            app::Error::Discord(Fatal::NoClient(_)) => Self::Software(words),
            app::Error::Discord(Fatal::TooManyRefused(_)) => Self::Refused(words),
        }
    }
}
