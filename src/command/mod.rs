//! Commands: messages to the bot instead of Claude.
//!
//! ```text
//! message  =  { mention } "!" name [ argument ]       all on one line
//! mention  =  "<@" id ">" | "<@!" id ">"              of the bot itself
//! name     =  "help" | "model" | "clear" | "compact" | "stop" | "status" | "stream" | "usage" |
//!             "sessions" | "verbose"
//! ```
//!
//! Names and arguments are case-insensitive. A slash command (`/usage period:month`) goes through the same code. A message
//! is a command, or not a command and left to Claude, or almost a command: then the person reads the error. What a command
//! does is not decided here.

mod error;
mod help;
mod parse;
mod spec;

pub use error::ParseError;
pub use help::help;
pub use parse::{from_slash, parse, resolve_model};
pub use spec::{Argument, SPECS, Spec, Values, Who};

use crate::config::{StreamMode, Verbosity};
pub use crate::ledger::Period;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Help,
    /// With a name that [`resolve_model`] has not checked yet.
    Model(Option<String>),
    Clear,
    Compact,
    Stop,
    Status,
    Stream(Option<StreamMode>),
    Usage(Period),
    /// With the new setting, or to show the present one.
    Verbose(Option<Verbosity>),
    Sessions,
}

impl Command {
    /// Whether it is done at once, because it changes nothing in the session.
    pub fn is_immediate(&self) -> bool {
        match self {
            Self::Help
            | Self::Status
            | Self::Usage(_)
            | Self::Sessions
            | Self::Verbose(_)
            | Self::Stream(_) => true,
            Self::Model(name) => name.is_none(),
            Self::Clear | Self::Compact | Self::Stop => false,
        }
    }

    /// Whether only owners and admins may do this, as [`Spec::who`] documents.
    pub fn needs_admin(&self) -> bool {
        match self {
            Self::Model(name) => name.is_some(),
            Self::Verbose(new) => new.is_some(),
            Self::Stream(mode) => mode.is_some(),
            Self::Clear | Self::Sessions => true,
            Self::Help | Self::Compact | Self::Stop | Self::Status | Self::Usage(_) => false,
        }
    }
}
