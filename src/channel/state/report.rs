//! What is reported on request, and to whom.

use crate::{
    chat::{Interaction, PostKey},
    command::Command,
    ledger::Period,
    snowflake::MessageId,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ReportTo {
    Channel {
        key: PostKey,
        reply_to: Option<MessageId>,
    },
    /// To the person alone.
    Interaction(Interaction),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportKind {
    Status,
    Usage(Period),
    Sessions,
    /// How to continue the session in a terminal.
    Session,
    Tools,
    Budgets,
}

impl ReportKind {
    /// The report that a command asks for.
    pub(crate) fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Status => Some(Self::Status),
            Command::Usage(period) => Some(Self::Usage(*period)),
            Command::Sessions => Some(Self::Sessions),
            Command::Session => Some(Self::Session),
            Command::Tools => Some(Self::Tools),
            Command::Budget(None) => Some(Self::Budgets),
            _ => None,
        }
    }
}
