//! Commands: messages to the bot instead of Claude.
//!
//! ```text
//! message  =  { mention } "!" name [ argument ]       all on one line
//! mention  =  "<@" id ">" | "<@!" id ">"              of the bot itself
//! name     =  a name in `table`, such as "help" or "model"
//! ```
//!
//! Names and arguments are case-insensitive. A slash command (`/usage period:month`) goes through the same code. A message
//! is a command, or not a command and left to Claude, or almost a command: then the person reads the error. What a command
//! does is not decided here.

mod budget_change;
mod error;
mod help;
mod message_command;
mod parse;
mod spec;
mod table;

pub use budget_change::BudgetChange;
pub use error::CommandError;
pub use help::help;
pub use message_command::MessageCommand;
pub use parse::{from_slash, parse, resolve_model, skip_mentions};
pub use spec::{Argument, Command, CommandSpec, Values, Who};
pub use table::SPECS;

pub use crate::ledger::Period;
