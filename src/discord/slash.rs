//! The slash twins of the commands, as they are registered with Discord.

use serenity::all::{CommandOptionType, CreateCommand, CreateCommandOption};

use super::rest::{Failed, Rest};
use crate::command::{Period, SPECS, Spec, Values};

/// The most choices an option may list (Discord developer docs, "Application commands").
const MOST_CHOICES: usize = 25;

/// Registers all commands in place of what was registered before.
///
/// # Errors
///
/// As [`Rest::send`] gives them.
pub(super) async fn register(
    rest: &Rest,
    application: u64,
    models: &[String],
) -> Result<(), Failed> {
    rest.put_commands(application, &commands(models)).await
}

fn commands(models: &[String]) -> Vec<CreateCommand> {
    let command = |spec: &Spec| {
        let command = CreateCommand::new(spec.name).description(spec.description);
        match &spec.argument {
            None => command,
            Some(argument) => {
                let option = CreateCommandOption::new(
                    CommandOptionType::String,
                    argument.name,
                    argument.description,
                );
                let choices: Vec<&str> = match argument.values {
                    Values::Models => models.iter().map(String::as_str).collect(),
                    Values::Periods => Period::NAMED.map(|(name, _)| name).to_vec(),
                };
                // More than Discord can list: the name is typed and checked when it comes.
                let listed = if choices.len() > MOST_CHOICES {
                    &[]
                } else {
                    choices.as_slice()
                };
                command.add_option(listed.iter().fold(option, |option, choice| {
                    option.add_string_choice(*choice, *choice)
                }))
            }
        }
    };
    SPECS.iter().map(command).collect()
}

#[cfg(test)]
mod tests;
