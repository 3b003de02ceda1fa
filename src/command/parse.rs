//! From typed text, or from a slash command, to a [`Command`].

use super::{
    Command, ParseError,
    spec::{SPECS, Spec},
};
use crate::snowflake::UserId;

/// What a command starts with.
const PREFIX: char = '!';

/// A typed name longer than this is no slip of the finger.
const LONGEST_NAME: usize = 16;

/// Reads a message. `bot` is the bot's own id, whose mentions in front of a command are skipped.
///
/// `Ok(None)` means that the message is none of the bot's commands and is left to Claude. So is every `!`-word that
/// is not like one of them, and every message of several lines.
///
/// # Errors
///
/// The message is nearly a command: a slip in its name, or an argument that it does not take. Nothing should be done
/// but to show the error.
pub fn parse(text: &str, bot: UserId) -> Result<Option<Command>, ParseError> {
    let Some(line) = skip_mentions(text.trim(), bot).strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if line.contains(['\n', '\r']) || line.starts_with(char::is_whitespace) {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let Some(typed) = words.next() else {
        return Ok(None);
    };
    if let Some(spec) = exactly(typed) {
        return build(spec, words).map(Some);
    }
    match nearly(typed) {
        Some(spec) => Err(ParseError::NearMiss {
            typed: typed.to_owned(),
            meant: spec.name,
        }),
        None => Ok(None),
    }
}

/// Reads a slash command, given by its name and its options (name and value), through the same code as [`parse`].
///
/// # Errors
///
/// An option that the command does not take, or a name or an option that is not in [`SPECS`], which happens while
/// Discord shows an older list.
pub fn from_slash(name: &str, options: &[(&str, &str)]) -> Result<Command, ParseError> {
    let spec = exactly(name).ok_or_else(|| ParseError::UnknownSlash {
        typed: format!("/{name}"),
    })?;
    let known = spec.argument.as_ref().map(|argument| argument.name);
    if let Some((option, _)) = options.iter().find(|(option, _)| Some(*option) != known) {
        return Err(ParseError::UnknownSlash {
            typed: format!("/{name} {option}"),
        });
    }
    build(
        spec,
        options
            .iter()
            .flat_map(|(_, value)| value.split_whitespace()),
    )
}

/// Finds a model by its name, in capitals or not; the configured spelling is returned.
///
/// # Errors
///
/// There is no such model; the error lists those that there are.
pub fn resolve_model<'a>(name: &str, models: &'a [String]) -> Result<&'a str, ParseError> {
    let exact = models.iter().find(|model| *model == name);
    exact
        .or_else(|| {
            models
                .iter()
                .find(|model| model.to_lowercase() == name.to_lowercase())
        })
        .map(String::as_str)
        .ok_or_else(|| ParseError::UnknownModel {
            typed: name.to_owned(),
            valid: models.to_vec(),
        })
}

fn skip_mentions(text: &str, bot: UserId) -> &str {
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

fn exactly(name: &str) -> Option<&'static Spec> {
    SPECS
        .iter()
        .find(|spec| name.eq_ignore_ascii_case(spec.name))
}

/// The command that a slip of the finger away is `typed`: one edit, or two for names of five letters and more.
fn nearly(typed: &str) -> Option<&'static Spec> {
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

fn build<'a>(spec: &Spec, mut words: impl Iterator<Item = &'a str>) -> Result<Command, ParseError> {
    let takes_argument = spec.argument.is_some();
    let argument = if takes_argument { words.next() } else { None };
    if words.next().is_some() {
        return Err(ParseError::TooManyWords {
            name: spec.name,
            takes_argument,
        });
    }
    (spec.build)(argument)
}

#[cfg(test)]
mod tests;
