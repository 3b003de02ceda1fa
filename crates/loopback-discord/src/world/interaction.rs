//! Interactions: slash commands, presses and submitted forms.

use serde_json::Value;

use crate::Snowflake;

/// What a user did.
#[derive(Clone, Debug)]
pub enum InteractionKind {
    /// Ran a slash command.
    Command {
        /// Id of the command.
        command: Snowflake,
        /// Name of the command.
        name: String,
        /// Options, as Discord sends them.
        options: Value,
    },
    /// Used a button or a menu.
    Component {
        /// The message it is on.
        message: Snowflake,
        /// Its `custom_id`.
        custom_id: String,
        /// Its type: 2 is a button, 3 a text menu.
        kind: u64,
        /// What was picked, in a menu.
        values: Vec<String>,
    },
    /// Sent in a form.
    Modal {
        /// Its `custom_id`.
        custom_id: String,
        /// The rows of the form with each `value` filled in.
        components: Value,
        /// The message that the form was opened from, if it was opened from a component.
        message: Option<Snowflake>,
    },
}

/// How an app answered an interaction at first.
#[derive(Clone, Debug)]
pub struct Acknowledgement {
    /// The callback's type: 4 a message, 5 a message later, 6 nothing to see, 7 an update of the
    /// message that holds the component, 9 a form.
    pub kind: u64,
    /// The callback's `data`, `null` when it had none.
    pub data: Value,
    /// Whether the response is ephemeral.
    pub ephemeral: bool,
}

/// An interaction and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: Snowflake,
    /// What an app proves with that it was asked.
    pub(crate) token: String,
    pub(crate) channel: Snowflake,
    pub(crate) user: Snowflake,
    pub(crate) kind: InteractionKind,
    pub(crate) acknowledgement: Option<Acknowledgement>,
    /// The message that `@original` names.
    pub(crate) original: Option<Snowflake>,
    pub(crate) followups: Vec<Snowflake>,
}

impl Interaction {
    /// The message that holds the component, if this came from one.
    pub(crate) fn message(&self) -> Option<Snowflake> {
        match &self.kind {
            InteractionKind::Command { .. } => None,
            InteractionKind::Component { message, .. } => Some(*message),
            InteractionKind::Modal { message, .. } => *message,
        }
    }
}
