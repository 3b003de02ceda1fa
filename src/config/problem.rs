//! What is wrong with a configuration, in words for its owner.

use std::fmt;

use serde_json::Value;

/// One thing that is wrong: which key, what was found there, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key as a dotted path (`channels.123.model`, `models[0]`), or the place in the text for a slip in syntax.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
    /// What to do about it, where that can be told.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: found {}; allowed: {}",
            self.key, self.found, self.allowed
        )?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a configuration; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    /// One line each, without a newline at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The key of the whole file, where no single one is to blame.
pub(super) const WHOLE_FILE: &str = "(the whole file)";

/// `key` below `parent`, as a dotted path. A key that is no plain word is quoted.
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

/// A value as it is shown to the owner: as JSON, cut when long, and never what looks like a bot token.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 80;
    match value {
        Value::String(text) if super::token::looks_like_one(text) => {
            "what looks like a bot token (not shown)".to_owned()
        }
        Value::String(text) if super::inline_json(text).is_some() => "JSON (not shown)".to_owned(),
        Value::Object(_) => "an object".to_owned(),
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

/// The word among `candidates` that the owner most likely meant by `found`, as a question.
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
