//! The help text.

use super::{
    Period,
    error::List,
    spec::{Argument, CommandSpec, Values, Who},
    table::SPECS,
};
use crate::persona::RELOAD;

/// The answer to `!help`: one message of Discord markdown. Only admins see commands for admins.
pub fn help(models: &[String], is_admin: bool) -> String {
    let lines: String = SPECS
        .iter()
        .filter(|spec| is_admin || spec.who != Who::Admins)
        .map(|spec| line(spec, models, is_admin))
        .collect();
    let private = if is_admin {
        "`/status`, `/usage`, `/budget`, `/sessions` and `/session`"
    } else {
        "`/status`, `/usage` and `/budget`"
    };
    format!(
        "Write to me and Claude answers. Every channel has its own conversation. Claude can send files here, react to your \
         message and read the latest messages, unless the owner has turned that off. Commands:\n\
         {lines}They all work as slash commands too; {private} answer you alone."
    )
}

fn line(spec: &CommandSpec, models: &[String], is_admin: bool) -> String {
    let CommandSpec {
        name, description, ..
    } = spec;
    match &spec.argument {
        None => format!("- `!{name}` · {description}\n"),
        Some(_) if spec.who == Who::AdminsToChange && !is_admin => {
            format!("- `!{name}` · {description} (changing is for admins)\n")
        }
        Some(argument) => {
            let values = match argument.values {
                Values::Rule => format!("{} RULE", argument.name),
                Values::Amount => "DOLLARS|reset".to_owned(),
                Values::Personas => format!("{}|{RELOAD}", argument.name),
                Values::Count => "N".to_owned(),
                Values::Text => argument.name.to_uppercase(),
                Values::Named(words) => format!("{} {}", argument.name, words.join("|")),
                Values::Models => return models_line(spec, argument, models),
                Values::Words(words) => words.join("|"),
                Values::Periods => Period::NAMED.map(|(name, _)| name).join("|"),
            };
            format!("- `!{name} [{values}]` · {description}\n")
        }
    }
}

/// Names the models, unless that takes too much of the message.
fn models_line(spec: &CommandSpec, argument: &Argument, models: &[String]) -> String {
    const LONGEST: usize = 200;
    let CommandSpec {
        name, description, ..
    } = spec;
    let list = List(models).to_string();
    let list = if list.encode_utf16().count() > LONGEST {
        String::new()
    } else {
        format!(": {list}")
    };
    format!("- `!{name} [{}]` · {description}{list}\n", argument.name)
}

#[cfg(test)]
mod tests;
