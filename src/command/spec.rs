//! The list of commands, from which the help and the slash commands are both made, so that they cannot differ.

use super::{Command, ParseError, Period};

/// A command as it is shown and registered.
#[derive(Debug)]
pub struct Spec {
    /// Its name, without prefix: lower-case ASCII letters.
    pub name: &'static str,
    /// What it does, in one line of at most 100 characters (the limit for a slash command's description, Discord
    /// developer docs, "Application commands").
    pub description: &'static str,
    /// The word that may follow it.
    pub argument: Option<Argument>,
    /// Who may use it.
    pub who: Who,
    /// Builds the command from its argument.
    pub(super) build: fn(Option<&str>) -> Result<Command, ParseError>,
}

/// A word that may follow a command; it may always be left out.
#[derive(Debug)]
pub struct Argument {
    /// The slash command's option name: lower-case ASCII letters.
    pub name: &'static str,
    /// What it means, in at most 100 characters.
    pub description: &'static str,
    /// What may be given.
    pub values: Values,
}

/// What may be given as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One of the configured models.
    Models,
    /// The name of a [`Period`].
    Periods,
}

/// Who may use a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everyone whom the bot answers.
    Everyone,
    /// Everyone may use it as it is, owners and admins alone with its argument.
    AdminsToChange,
    /// Owners and admins.
    Admins,
}

/// Every command, in the order of the help.
pub const SPECS: &[Spec] = &[
    Spec {
        name: "help",
        description: "Show what I understand",
        argument: None,
        who: Who::Everyone,
        build: |_| Ok(Command::Help),
    },
    Spec {
        name: "status",
        description: "Show this channel's session: model, turns, context, cost and queue",
        argument: None,
        who: Who::Everyone,
        build: |_| Ok(Command::Status),
    },
    Spec {
        name: "stop",
        description: "Interrupt what Claude is doing here; the session is kept",
        argument: None,
        who: Who::Everyone,
        build: |_| Ok(Command::Stop),
    },
    Spec {
        name: "compact",
        description: "Have Claude sum up this channel's session to make room",
        argument: None,
        who: Who::Everyone,
        build: |_| Ok(Command::Compact),
    },
    Spec {
        name: "model",
        description: "Show this channel's model, or change it from the next message on",
        argument: Some(Argument {
            name: "name",
            description: "The model to change to",
            values: Values::Models,
        }),
        who: Who::AdminsToChange,
        build: |name| Ok(Command::Model(name.map(str::to_owned))),
    },
    Spec {
        name: "usage",
        description: "Show what was used: tokens, turns and cost",
        argument: Some(Argument {
            name: "period",
            description: "Which usage; today if you leave it out",
            values: Values::Periods,
        }),
        who: Who::Everyone,
        build: |period| {
            period
                .map_or(Ok(Period::default()), named)
                .map(Command::Usage)
        },
    },
    Spec {
        name: "clear",
        description: "Drop this channel's session and start afresh with the next message",
        argument: None,
        who: Who::Admins,
        build: |_| Ok(Command::Clear),
    },
    Spec {
        name: "sessions",
        description: "List the sessions of all channels",
        argument: None,
        who: Who::Admins,
        build: |_| Ok(Command::Sessions),
    },
];

fn named(typed: &str) -> Result<Period, ParseError> {
    Period::NAMED
        .into_iter()
        .find(|(name, _)| typed.eq_ignore_ascii_case(name))
        .map(|(_, period)| period)
        .ok_or_else(|| ParseError::UnknownPeriod {
            typed: typed.to_owned(),
        })
}

#[cfg(test)]
mod tests;
