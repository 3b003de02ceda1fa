//! Parses messages and slash commands.

use super::{
    Command, CommandError,
    spec::{Argument, CommandSpec, Values},
    table::SPECS,
};
use crate::snowflake::UserId;

const PREFIX: char = '!';

/// Longer words are not typos of a command.
const LONGEST_NAME: usize = 16;

/// Parses a message. Skips mentions of `bot`, the bot itself, before a command.
///
/// `Ok(None)` means that the message is left to Claude, such as one with several lines or an unknown `!`-word. An error
/// means that it is almost a command, with a typo in the name or a wrong argument, and should only be shown.
pub fn parse(text: &str, bot: UserId) -> Result<Option<Command>, CommandError> {
    let Some(line) = skip_mentions(text.trim(), bot).strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if line.starts_with(char::is_whitespace) {
        return Ok(None);
    }
    if let Some(typed) = line.split_whitespace().next()
        && let Some(spec) = find(typed).filter(|spec| takes_text(spec))
    {
        let text = line[typed.len()..].trim();
        return (spec.build)(Some(text).filter(|text| !text.is_empty())).map(Some);
    }
    if line.contains(['\n', '\r']) {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let Some(typed) = words.next() else {
        return Ok(None);
    };
    if let Some(spec) = find(typed) {
        return match named_value(spec, line[typed.len()..].trim()) {
            Some(value) => (spec.build)(Some(value)).map(Some),
            None => build(spec, words).map(Some),
        };
    }
    match find_similar(typed) {
        Some(spec) => Err(CommandError::NearMiss {
            typed: typed.to_owned(),
            meant: spec.name,
        }),
        None => Ok(None),
    }
}

/// Parses a slash command with its options (name and value). Names may be unknown while Discord shows an older list.
pub fn from_slash(name: &str, options: &[(&str, &str)]) -> Result<Command, CommandError> {
    let spec = find(name).ok_or_else(|| CommandError::UnknownSlash {
        typed: format!("/{name}"),
    })?;
    let known = spec.argument.as_ref().map(|argument| argument.name);
    if let Some((option, _)) = options.iter().find(|(option, _)| Some(*option) != known) {
        return Err(CommandError::UnknownSlash {
            typed: format!("/{name} {option}"),
        });
    }
    let is_named = |argument: &Argument| argument.values.is_named() || takes_text(spec);
    if let (true, [(_, value)]) = (spec.argument.as_ref().is_some_and(is_named), options) {
        return (spec.build)(Some(value.trim()).filter(|value| !value.is_empty()));
    }
    build(
        spec,
        options
            .iter()
            .flat_map(|(_, value)| value.split_whitespace()),
    )
}

/// Finds a model by its name, preferably in the same case. Returns the configured spelling.
pub fn resolve_model<'a>(name: &str, models: &'a [String]) -> Result<&'a str, CommandError> {
    let is_similar = |model: &&String| model.to_lowercase() == name.to_lowercase();
    let exact = models.iter().find(|model| *model == name);
    exact
        .or_else(|| models.iter().find(is_similar))
        .map(String::as_str)
        .ok_or_else(|| CommandError::UnknownModel {
            typed: name.to_owned(),
            valid: models.to_vec(),
        })
}

/// Whether the rest of the message is its argument.
fn takes_text(spec: &CommandSpec) -> bool {
    let argument = spec.argument.as_ref();
    argument.is_some_and(|argument| matches!(argument.values, Values::Text))
}

/// The value in `revoke RULE` or `mode MODE`. A rule may hold spaces.
fn named_value<'a>(spec: &CommandSpec, rest: &'a str) -> Option<&'a str> {
    let argument = spec.argument.as_ref();
    let argument = argument.filter(|argument| argument.values.is_named())?;
    let (name, value) = rest.split_once(char::is_whitespace)?;
    name.eq_ignore_ascii_case(argument.name)
        .then(|| value.trim())
}

/// The text after mentions of `bot`, the bot itself.
pub fn skip_mentions(text: &str, bot: UserId) -> &str {
    let mentions = [format!("<@{bot}>"), format!("<@!{bot}>")];
    let mut rest = text.trim_start();
    while let Some(after) = mentions
        .iter()
        .find_map(|mention| rest.strip_prefix(mention))
    {
        rest = after.trim_start();
    }
    rest
}

fn find(name: &str) -> Option<&'static CommandSpec> {
    SPECS
        .iter()
        .find(|spec| name.eq_ignore_ascii_case(spec.name))
}

/// The command of which `typed` is a typo: one edit, or two if the name has at least five letters.
fn find_similar(typed: &str) -> Option<&'static CommandSpec> {
    if typed.chars().count() > LONGEST_NAME {
        return None;
    }
    let typed = typed.to_lowercase();
    SPECS
        .iter()
        .map(|spec| (strsim::damerau_levenshtein(&typed, spec.name), spec))
        .filter(|(edits, spec)| *edits <= if spec.name.len() < 5 { 1 } else { 2 })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, spec)| spec)
}

fn build<'a>(
    spec: &CommandSpec,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Command, CommandError> {
    let takes_argument = spec
        .argument
        .as_ref()
        .is_some_and(|argument| !argument.values.is_named());
    let argument = if takes_argument { words.next() } else { None };
    if words.next().is_some() {
        return Err(CommandError::TooManyWords {
            name: spec.name,
            takes_argument,
        });
    }
    (spec.build)(argument)
}

#[cfg(test)]
mod tests;
