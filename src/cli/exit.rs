//! Exit codes, from `sysexits.h` if one fits.

use std::fmt::Display;

use crate::{
    app,
    discord::Fatal,
    registry::{LoadError, LockError},
};

/// Why the program failed, with a message for stderr unless it is empty.
#[derive(Debug)]
pub(super) struct ExitError {
    pub(super) code: Code,
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Code {
    Failed = 1,
    Newer = 65,
    Deaf = 69,
    Software = 70,
    Files = 74,
    InUse = 75,
    Intent = 76,
    Token = 77,
    Config = 78,
    Refused = 79,
}

impl Code {
    pub(super) fn exit(self, message: impl Display) -> ExitError {
        ExitError {
            code: self,
            message: message.to_string(),
        }
    }
}

/// The codes, for `--help`.
pub(super) const CODES: &str = "\
Exit codes:
   0  success
   1  `check` or `doctor` found a problem, a requested session does not exist, or no bot runs
   2  invalid command line
  65  a later version of Switchboard wrote the sessions
  69  Discord answers requests, but its gateway no longer delivers events
  70  the system refused a thread, a port or another resource
  74  failed to read or write a file
  75  another Switchboard uses the same sessions folder
  76  Discord rejected the message content intent, or closed the connection for good
  77  Discord rejected the bot token
  78  invalid configuration, or no bot token
  79  Discord refused so many requests that it would soon ban the bot";

impl From<app::Error> for ExitError {
    fn from(error: app::Error) -> Self {
        let code = match &error {
            app::Error::Lock(LockError::Held { .. }) => Code::InUse,
            app::Error::Registry(LoadError::Newer { .. }) => Code::Newer,
            app::Error::Lock(_) | app::Error::Setup { .. } => Code::Files,
            app::Error::Discord(fatal) => match fatal {
                Fatal::TokenRejected => Code::Token,
                Fatal::IntentRefused | Fatal::Closed(_) => Code::Intent,
                Fatal::NotLoopback(_) => Code::Config,
                Fatal::Deaf(_) => Code::Deaf,
                Fatal::NoClient(_) => Code::Software,
                Fatal::TooManyRefused(_) => Code::Refused,
            },
        };
        code.exit(error)
    }
}
