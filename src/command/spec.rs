//! The commands, and how one is described.

use super::{BudgetChange, CommandError};
use crate::{
    claude::protocol::{Effort, PermissionMode},
    config::{QueueMode, StreamMode, Verbosity},
    ledger::Period,
    snowflake::MessageId,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Help,
    /// With a name that [`resolve_model`](super::resolve_model) has not checked yet.
    Model(Option<String>),
    Clear,
    /// Show the earlier sessions, to choose one.
    Resume,
    /// Open a thread that continues from the turn of this message, or from the last one.
    Fork(Option<MessageId>),
    /// Go back to the turn of this message.
    Rewind(Option<MessageId>),
    /// With the name of another persona, or to show the present one.
    Persona(Option<String>),
    /// Read the files of all personas anew.
    ReloadPersonas,
    Compact,
    /// Show how full the context is.
    Context,
    Ping,
    Stop,
    /// Stop, and drop what waits.
    StopAll,
    Status,
    /// Show what waits.
    Queue,
    /// Set what a message does that arrives while Claude works.
    QueueMode(QueueMode),
    Stream(Option<StreamMode>),
    /// Show how much the model thinks.
    Effort,
    /// Change it; `None` is the default.
    SetEffort(Option<Effort>),
    /// With the new permission mode, or to show the present one.
    Mode(Option<PermissionMode>),
    /// Show the rules in force.
    Tools,
    /// Take back a rule that was granted in the channel.
    Revoke(String),
    Usage(Period),
    /// With the new setting, or to show the present one.
    Verbose(Option<Verbosity>),
    Sessions,
    /// Show how to continue the session in a terminal.
    Session,
    /// With what an admin sets, or to show the budgets.
    Budget(Option<BudgetChange>),
    /// The conversation as files: so many turns, or all.
    Export(Option<usize>),
    /// What changed in the workspace.
    Diff,
    /// Ask this on the side.
    Btw(String),
}

impl Command {
    /// The same about the message to which the command's message replies.
    #[must_use]
    pub fn about(self, replied: Option<MessageId>) -> Self {
        match self {
            Self::Fork(_) => Self::Fork(replied),
            Self::Rewind(_) => Self::Rewind(replied),
            other => other,
        }
    }

    /// Whether it is done at once, because it changes nothing in the conversation.
    pub fn is_immediate(&self) -> bool {
        match self {
            Self::Help
            | Self::Status
            | Self::Usage(_)
            | Self::Sessions
            | Self::Session
            | Self::Context
            | Self::Ping
            | Self::Fork(_)
            | Self::Export(_)
            | Self::Diff
            | Self::Btw(_)
            | Self::Effort
            | Self::SetEffort(_)
            | Self::Verbose(_)
            | Self::Stream(_)
            | Self::Mode(_)
            | Self::Tools
            | Self::Budget(_)
            | Self::Queue
            | Self::QueueMode(_)
            | Self::ReloadPersonas
            | Self::Revoke(_) => true,
            Self::Model(name) | Self::Persona(name) => name.is_none(),
            Self::Clear
            | Self::Resume
            | Self::Rewind(_)
            | Self::Compact
            | Self::Stop
            | Self::StopAll => false,
        }
    }

    /// Whether only owners and admins may do this, as [`CommandSpec::who`] documents.
    pub fn needs_admin(&self) -> bool {
        match self {
            Self::Model(name) | Self::Persona(name) => name.is_some(),
            Self::Verbose(new) => new.is_some(),
            Self::Stream(mode) => mode.is_some(),
            Self::Budget(change) => change.is_some(),
            Self::Clear
            | Self::Rewind(_)
            | Self::Resume
            | Self::Sessions
            | Self::Session
            | Self::Revoke(_)
            | Self::SetEffort(_)
            | Self::ReloadPersonas
            | Self::QueueMode(_) => true,
            Self::Mode(_)
            | Self::Tools
            | Self::Help
            | Self::Context
            | Self::Effort
            | Self::Ping
            | Self::Fork(_)
            | Self::Export(_)
            | Self::Diff
            | Self::Btw(_)
            | Self::Compact
            | Self::Stop
            | Self::StopAll
            | Self::Status
            | Self::Queue
            | Self::Usage(_) => false,
        }
    }

    /// Whether more runs unasked afterwards, so that only approvers may do this.
    pub fn needs_approver(&self) -> bool {
        match self {
            Self::Mode(Some(mode)) => {
                !matches!(mode, PermissionMode::Default | PermissionMode::Plan)
            }
            _ => false,
        }
    }
}

#[derive(Debug)]
pub struct CommandSpec {
    /// Lower-case ASCII letters, without the prefix.
    pub name: &'static str,
    /// One line of at most 100 characters (Discord developer docs, "Application commands").
    pub description: &'static str,
    pub argument: Option<Argument>,
    pub who: Who,
    pub(super) build: fn(Option<&str>) -> Result<Command, CommandError>,
}

/// An optional word after a command.
#[derive(Debug)]
pub struct Argument {
    /// The name of the slash command's option: lower-case ASCII letters.
    pub name: &'static str,
    /// One line of at most 100 characters.
    pub description: &'static str,
    pub values: Values,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One of the configured models.
    Models,
    /// A persona, or `reload`.
    Personas,
    /// The name of a [`Period`].
    Periods,
    /// One of these words.
    Words(&'static [&'static str]),
    /// An amount of money, or `reset`.
    Amount,
    /// A whole number above zero.
    Count,
    /// The rest of the message.
    Text,
    /// A granted rule: the rest of the line, after the argument's name.
    Rule,
    /// One of these words, after the argument's name.
    Named(&'static [&'static str]),
}

impl Values {
    /// Whether the argument's name is typed before its value.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Self::Rule | Self::Named(_))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Everyone,
    /// Only owners and admins may use its argument.
    AdminsToChange,
    /// Only owners and admins.
    Admins,
}
