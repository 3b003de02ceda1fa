//! Describes the commands to Discord as slash commands.

use serenity::all::{CommandOptionType, CommandType, CreateCommand, CreateCommandOption};

use super::rest::Rest;
use crate::command::{CommandSpec, MessageCommand, Period, SPECS, Values};

/// Where the bot's slash commands are registered.
#[derive(Clone)]
pub(crate) struct SlashCommands {
    pub(super) rest: Rest,
    pub(super) application: u64,
}

impl SlashCommands {
    /// Registers them in place of all others.
    pub(crate) async fn register(&self) {
        let commands = commands();
        if let Err(error) = self.rest.put_commands(self.application, &commands).await {
            tracing::error!(%error, "failed to register the slash commands; commands with `!` work");
        }
    }
}

/// The commands as slash commands.
fn commands() -> Vec<CreateCommand> {
    let command = |spec: &CommandSpec| {
        let command = CreateCommand::new(spec.name).description(spec.description);
        let Some(argument) = &spec.argument else {
            return command;
        };
        let option = CreateCommandOption::new(
            CommandOptionType::String,
            argument.name,
            argument.description,
        );
        // The personas differ from channel to channel, and the CLI's models from one process to the next.
        let is_open = matches!(argument.values, Values::Models | Values::Personas);
        let option = option.set_autocomplete(is_open);
        let choices: Vec<&str> = match argument.values {
            Values::Models
            | Values::Personas
            | Values::Rule
            | Values::Amount
            | Values::Count
            | Values::Text => Vec::new(),
            Values::Words(words) | Values::Named(words) => words.to_vec(),
            Values::Periods => Period::NAMED.map(|(name, _)| name).to_vec(),
        };
        command.add_option(choices.iter().fold(option, |option, choice| {
            option.add_string_choice(*choice, *choice)
        }))
    };
    let in_menu = MessageCommand::NAMED.into_iter();
    let in_menu = in_menu.map(|(name, _)| CreateCommand::new(name).kind(CommandType::Message));
    SPECS.iter().map(command).chain(in_menu).collect()
}

#[cfg(test)]
mod tests;
