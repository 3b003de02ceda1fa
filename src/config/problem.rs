//! Problems in a configuration, in the words shown to its owner.

use std::fmt;

use serde_json::Value;

/// A problem in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key as a dotted path (`channels.123.model`, `models[0]`), or the place of a syntax error.
    pub key: String,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        let (key, message) = (key.into(), message.into());
        Self { key, message }
    }

    /// An invalid value.
    pub(super) fn expected(
        key: impl Into<String>,
        expected: &str,
        found: &Value,
        hint: Option<String>,
    ) -> Self {
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Self::new(
            key,
            format!("expected {expected}, found {}{hint}", show(found)),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// All problems in a configuration, at least one. `Display` writes one per line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// The key of a problem that concerns no single key.
pub(super) const WHOLE_FILE: &str = "(the whole file)";

/// Appends `key` to the dotted path `parent`, quoted unless it is a plain word.
pub(super) fn below(parent: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-$".contains(c));
    let key = if plain {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    };
    if parent.is_empty() {
        key
    } else {
        format!("{parent}.{key}")
    }
}

/// A value as JSON, truncated. Does not show what looks like a secret.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 80;
    match value {
        Value::String(text) if super::token::may_be_token(text) => {
            "what looks like a bot token (hidden)".to_owned()
        }
        Value::String(text) if super::inline_json(text).is_some() => "JSON (hidden)".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}

/// `"a", "b" or "c"`.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = words
        .into_iter()
        .map(|word| Value::from(word).to_string())
        .collect();
    match quoted.pop() {
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} or {last}", quoted.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// Asks whether the candidate most similar to `found` is meant.
pub(super) fn did_you_mean<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    const ALIKE: f64 = 0.8;
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&found.to_lowercase(), candidate),
                candidate,
            )
        })
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean {}?", Value::from(candidate)))
}

#[cfg(test)]
mod tests;
