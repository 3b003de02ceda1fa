//! Exit codes, from `sysexits.h` where one fits.

use std::process::ExitCode;

use crate::{
    app,
    discord::Fatal,
    registry::{LoadError, LockError},
};

/// Why the program failed. `Display` is the message for stderr.
#[derive(Debug, thiserror::Error)]
pub(super) enum Exit {
    /// `check` found a problem and has printed it.
    #[error("")]
    CheckFailed,
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A later version of Switchboard wrote the sessions.
    #[error("{0}")]
    Newer(String),
    /// The system refused a resource.
    #[error("{0}")]
    Software(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Files(String),
    /// The gateway no longer delivers events.
    #[error("{0}")]
    Deaf(String),
    /// Discord would soon ban the bot.
    #[error("{0}")]
    Refused(String),
    /// Another bot uses the sessions folder.
    #[error("{0}")]
    InUse(String),
    /// Discord rejected an intent.
    #[error("{0}")]
    Intent(String),
    /// Discord rejected the token.
    #[error("{0}")]
    Token(String),
    /// The configuration is invalid.
    #[error("{0}")]
    Config(String),
}

/// The codes, for `--help`.
pub(super) const CODES: &str = "\
Exit codes:
   0  success
   1  `check` found a problem, or the requested session does not exist
   2  invalid command line
  65  the sessions were written by a later version of Switchboard
  69  Discord answers requests, but its gateway no longer delivers events
  70  the system refused a thread, a port or another resource
  74  failed to read or write a file
  75  another Switchboard uses the same sessions folder
  76  Discord rejected the message content intent, or closed the connection for good
  77  Discord rejected the bot token
  78  invalid configuration, or no bot token
  79  Discord refused so many requests that it would soon ban the bot";

impl Exit {
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::CheckFailed | Self::NotFound(_) => 1,
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
        let message = error.to_string();
        match error {
            app::Error::Lock(LockError::Held { .. }) => Self::InUse(message),
            app::Error::Registry(LoadError::Newer { .. }) => Self::Newer(message),
            app::Error::Lock(_) | app::Error::Setup { .. } => Self::Files(message),
            app::Error::Discord(Fatal::TokenRejected) => Self::Token(message),
            app::Error::Discord(Fatal::IntentRefused | Fatal::Closed(_)) => Self::Intent(message),
            app::Error::Discord(Fatal::NotLoopback(_)) => Self::Config(message),
            app::Error::Discord(Fatal::Deaf(_)) => Self::Deaf(message),
            app::Error::Discord(Fatal::NoClient(_)) => Self::Software(message),
            app::Error::Discord(Fatal::TooManyRefused(_)) => Self::Refused(message),
        }
    }
}
