//! Describes the commands to Discord as slash commands.

use serenity::all::{CommandOptionType, CommandType, CreateCommand, CreateCommandOption};

use super::rest::Rest;
use crate::command::{CommandSpec, MessageCommand, Period, SPECS, Values};
/// How many choices an option may list (Discord developer docs, "Application commands").
const MOST_CHOICES: usize = 25;

/// Where the bot's slash commands are registered.
#[derive(Clone)]
pub(crate) struct SlashCommands {
    pub(super) rest: Rest,
    pub(super) application: u64,
}

impl SlashCommands {
    /// Registers them in place of all others. `models` are the choices of `/model`.
    pub(crate) async fn register(&self, models: &[String]) {
        let commands = commands(models);
        if let Err(error) = self.rest.put_commands(self.application, &commands).await {
            tracing::error!(%error, "failed to register the slash commands; commands with `!` work");
        }
    }
}

/// The commands as slash commands. `models` are the choices of `/model`.
fn commands(models: &[String]) -> Vec<CreateCommand> {
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
        // The personas differ from channel to channel.
        let option = option.set_autocomplete(argument.values == Values::Personas);
        let choices: Vec<&str> = match argument.values {
            Values::Models => models.iter().map(String::as_str).collect(),
            Values::Rule | Values::Amount | Values::Count | Values::Text | Values::Personas => {
                Vec::new()
            }
            Values::Words(words) | Values::Named(words) => words.to_vec(),
            Values::Periods => Period::NAMED.map(|(name, _)| name).to_vec(),
        };
        // If Discord cannot list them all, people type the name, and it is checked when it arrives.
        let listed = choices.iter().filter(|_| choices.len() <= MOST_CHOICES);
        command.add_option(listed.fold(option, |option, choice| {
            option.add_string_choice(*choice, *choice)
        }))
    };
    let in_menu = MessageCommand::NAMED.into_iter();
    let in_menu = in_menu.map(|(name, _)| CreateCommand::new(name).kind(CommandType::Message));
    SPECS.iter().map(command).chain(in_menu).collect()
}

#[cfg(test)]
mod tests;
