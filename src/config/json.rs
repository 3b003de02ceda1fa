//! Parses the file as JSON and finds duplicate keys, which JSON readers treat differently.

use serde_json::{Value, value::RawValue};

use super::problem::{Problem, below};
use crate::raw_object::RawObject;

/// Parses `text`, which may start with a byte order mark. Also returns a problem for each duplicate key; its last value
/// is used. Fails with the first syntax error.
pub(super) fn parse(text: &str) -> Result<(Value, Vec<Problem>), Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut duplicates = Vec::new();
    serde_json::from_str::<Value>(text)
        .and_then(|_| read(text, "", &mut duplicates))
        .map(|value| (value, duplicates))
        .map_err(|error| syntax_error(text, &error))
}

fn read(text: &str, path: &str, duplicates: &mut Vec<Problem>) -> serde_json::Result<Value> {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => {
            let object: RawObject = serde_json::from_str(text)?;
            let fields = object.fields.iter().map(|(key, value)| {
                let value = read(value, &below(path, key), duplicates)?;
                Ok(((**key).to_owned(), value))
            });
            let value = fields.collect::<serde_json::Result<_>>().map(Value::Object);
            duplicates.extend(object.duplicates.iter().map(|key| {
                let message = "the key occurs more than once; remove the duplicate";
                Problem::new(below(path, key), message)
            }));
            value
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| read(item.get(), &format!("{path}[{index}]"), duplicates))
                .collect()
        }
        _ => serde_json::from_str(text).map(whole),
    }
}

/// JSON Schema accepts `300.0` as an integer, serde does not.
fn whole(value: Value) -> Value {
    let number = value.as_f64().filter(|number| number.fract() == 0.0);
    match number.and_then(|number| number.to_string().parse::<i64>().ok()) {
        Some(integer) if value.is_f64() => integer.into(),
        _ => value,
    }
}

fn syntax_error(text: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line = text.lines().nth(error.line().saturating_sub(1));
    let rest = line.and_then(|line| line.get(error.column().saturating_sub(1)..));
    let found = rest.and_then(|rest| rest.chars().next());
    let message = match (message, found) {
        _ if error.is_eof() => {
            "unexpected end of the file: close the open bracket or quote".to_owned()
        }
        (_, Some('/' | '#')) => "remove the comment; JSON has no comments".to_owned(),
        ("trailing comma", _) => "remove the trailing comma".to_owned(),
        ("trailing characters", _) => "remove what follows the closing brace".to_owned(),
        ("key must be a string", _) => "put the key in double quotes".to_owned(),
        (message, found) => match (message.strip_prefix("expected "), found) {
            (Some("value" | "ident"), Some(found)) => format!("expected a value, found `{found}`"),
            (Some(expected), Some(found)) => format!("expected {expected}, found `{found}`"),
            _ => message.to_owned(),
        },
    };
    let place = format!("line {}, column {}", error.line(), error.column().max(1));
    Problem::new(place, message)
}

#[cfg(test)]
mod tests;
