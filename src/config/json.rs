//! The file's text as JSON: where its syntax slips, and which keys it has twice.
//!
//! A byte order mark at the start is skipped, since some editors write one unasked. A key that is written twice is
//! a problem, since JSON readers differ in which of the two they take.

use std::{cell::RefCell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::problem::{Problem, below};

/// Parses `text`. Of a key that is there twice the first value is kept, and a problem is returned beside the value.
///
/// # Errors
///
/// Where the text is not JSON: line, column and what was expected.
pub(super) fn parse(text: &str) -> Result<(Value, Vec<Problem>), Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let twice = RefCell::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Node {
        path: String::new(),
        twice: &twice,
    }
    .deserialize(&mut json)
    .and_then(|value| json.end().map(|()| value))
    .map_err(|error| slip(text, &error))?;
    Ok((value, twice.into_inner()))
}

/// A slip in syntax, in words.
fn slip(text: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let rest = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .and_then(|line| line.get(error.column().saturating_sub(1)..))
        .unwrap_or_default();
    let at_end = error.is_eof();
    let found = match rest.chars().next() {
        _ if at_end => "the end of the file".to_owned(),
        Some(character) => format!("`{character}`"),
        None => "the end of the line".to_owned(),
    };
    let allowed = match message {
        "trailing comma" => "no comma after the last entry".to_owned(),
        "key must be a string" => "a key in double quotes".to_owned(),
        "trailing characters" => "nothing after the end of the object".to_owned(),
        _ if at_end => {
            "the rest of the file: a bracket or a quote is still open, or it is empty".to_owned()
        }
        _ => message
            .strip_prefix("expected ")
            .unwrap_or(message)
            .to_owned(),
    };
    let comment = !at_end && (rest.starts_with('/') || rest.starts_with('#'));
    Problem {
        key: format!("line {}, column {}", error.line(), error.column().max(1)),
        found,
        allowed,
        hint: comment.then(|| "JSON has no comments".to_owned()),
    }
}

/// Reads one value and everything below it, and notes keys that come twice.
struct Node<'a> {
    path: String,
    twice: &'a RefCell<Vec<Problem>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// `300.0` is the whole number 300, as JSON Schema has it too.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0
            && let Ok(whole) = value.to_string().parse::<i64>()
        {
            return Ok(whole.into());
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match seq.next_element_seed(Node {
                path,
                twice: self.twice,
            })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = below(&self.path, &key);
            let value = map.next_value_seed(Node {
                path: path.clone(),
                twice: self.twice,
            })?;
            if object.contains_key(&key) {
                self.twice.borrow_mut().push(Problem {
                    key: path,
                    found: "the key a second time".to_owned(),
                    allowed: "each key once".to_owned(),
                    hint: None,
                });
            } else {
                object.insert(key, value);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
