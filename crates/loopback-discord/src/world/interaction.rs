//! Interactions: slash commands, commands of messages, autocomplete, components and submitted modals.

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
    /// Used a command in the context menu of a message.
    MessageCommand {
        /// Id of the command.
        command: Snowflake,
        /// Name of the command.
        name: String,
        /// The message.
        target: Snowflake,
    },
    /// Typed in an option of a slash command that offers choices.
    Autocomplete {
        /// Id of the command.
        command: Snowflake,
        /// Name of the command.
        name: String,
        /// Options so far, as Discord sends them; one of them is marked as focused.
        options: Value,
    },
    /// Pressed a button or chose in a menu.
    Component {
        /// The message it is on.
        message: Snowflake,
        /// Its `custom_id`.
        custom_id: String,
        /// Its type: 2 is a button, 3 a text menu.
        kind: u64,
        /// The values chosen in a menu.
        values: Vec<String>,
    },
    /// Submitted a modal.
    Modal {
        /// Its `custom_id`.
        custom_id: String,
        /// The components of the modal with each `value` filled in.
        components: Value,
        /// The message that the modal was opened from, if a component opened it.
        message: Option<Snowflake>,
    },
}

/// The first response of an app to an interaction.
#[derive(Clone, Debug)]
pub struct Acknowledgement {
    /// The callback's type: 4 a message, 5 a message later, 6 nothing visible, 7 an update of the
    /// message that holds the component, 8 autocomplete choices, 9 a modal.
    pub kind: u64,
    /// The callback's `data`; `null` if it had none.
    pub data: Value,
    /// Whether the response is ephemeral.
    pub ephemeral: bool,
}

/// An interaction and the responses to it.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: Snowflake,
    /// The token that authorizes an app to respond.
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
    /// Discord's number for the kind.
    pub(crate) fn type_number(&self) -> u8 {
        match self.kind {
            InteractionKind::Command { .. } | InteractionKind::MessageCommand { .. } => 2,
            InteractionKind::Component { .. } => 3,
            InteractionKind::Autocomplete { .. } => 4,
            InteractionKind::Modal { .. } => 5,
        }
    }

    /// The message with the component that it came from, directly or by a modal.
    pub(crate) fn message(&self) -> Option<Snowflake> {
        match &self.kind {
            InteractionKind::Command { .. }
            | InteractionKind::MessageCommand { .. }
            | InteractionKind::Autocomplete { .. } => None,
            InteractionKind::Component { message, .. } => Some(*message),
            InteractionKind::Modal { message, .. } => *message,
        }
    }
}
