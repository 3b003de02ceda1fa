//! Commands: what a person types to speak to the bot rather than to Claude.
//!
//! ```text
//! message  =  { mention } "!" name [ argument ]       all on one line
//! mention  =  "<@" id ">" | "<@!" id ">"              of the bot itself
//! name     =  "help" | "model" | "clear" | "compact" | "stop" | "status" | "usage" | "sessions"
//!
//! !help                         what the bot understands
//! !model [name]                 show or change the channel's model
//! !clear                        drop the channel's session
//! !compact                      have Claude shorten the session
//! !stop                         interrupt the running turn
//! !status                       session, model, turns, context, cost, queue, process
//! !usage [today | month | all]  what was used; today if nothing is said
//! !sessions                     all sessions
//! ```
//!
//! Names and arguments are written in capitals or not, and white space is free. A slash command (`/usage
//! period:month`) goes through the same code. There are three outcomes: a command; not a command, which is left to
//! Claude; and nearly a command, whose error is what the person reads.
//!
//! This module owns the grammar, the list of commands ([`SPECS`]) and the help made from it. It must not know who
//! asks, what a command does, or which models there are: those come in as arguments.

mod error;
mod help;
mod parse;
mod spec;

pub use error::ParseError;
pub use help::help;
pub use parse::{from_slash, parse, resolve_model};
pub use spec::{Argument, SPECS, Spec, Values, Who};

pub use crate::ledger::Period;

/// What a person asks of the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say what the bot understands.
    Help,
    /// Show the channel's model, or change it to this one, which [`resolve_model`] has not seen yet.
    Model(Option<String>),
    /// Drop the channel's session.
    Clear,
    /// Have Claude shorten the channel's session.
    Compact,
    /// Interrupt the running turn.
    Stop,
    /// Say how the channel's session is.
    Status,
    /// Say what was used.
    Usage(Period),
    /// List all sessions.
    Sessions,
}

impl Command {
    /// Whether only owners and admins may do this; [`Spec::who`] says the same to the reader.
    #[must_use]
    pub fn needs_admin(&self) -> bool {
        match self {
            Self::Model(name) => name.is_some(),
            Self::Clear | Self::Sessions => true,
            Self::Help | Self::Compact | Self::Stop | Self::Status | Self::Usage(_) => false,
        }
    }
}
