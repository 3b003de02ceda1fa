//! Validates a value against a schema, for the keywords that the configuration's schema has. Pure.

use serde_json::{Map, Value};

use crate::config::formats::{self, Format};

/// A value that is not what a part of the schema accepts.
#[derive(Debug)]
pub(super) struct Violation<'a> {
    /// The JSON pointer to the value.
    pub(super) pointer: String,
    pub(super) value: &'a Value,
    pub(super) part: &'a Value,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    /// The value itself is not accepted.
    Value,
    UnknownKeys(Vec<&'a str>),
    /// This key is not accepted; the part is the schema of keys.
    KeyName(&'a str),
    /// This entry of a list stands there twice.
    Duplicate(&'a Value),
}

/// All violations, those of an object before those of its values.
pub(super) fn validate<'a>(schema: &'a Value, value: &'a Value) -> Vec<Violation<'a>> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

fn check<'a>(part: &'a Value, value: &'a Value, pointer: &str, found: &mut Vec<Violation<'a>>) {
    let mut violates = |part, kind| {
        found.push(Violation {
            pointer: pointer.to_owned(),
            value,
            part,
            kind,
        });
    };
    if !is_accepted(part, value) {
        return violates(part, Kind::Value);
    }
    match value {
        Value::Array(items) => {
            let mut places = 0..items.len();
            let second = places.find(|place| items[..*place].contains(&items[*place]));
            if let (Some(true), Some(place)) = (part["uniqueItems"].as_bool(), second) {
                violates(part, Kind::Duplicate(&items[place]));
            }
            for (place, item) in items.iter().enumerate() {
                check(&part["items"], item, &format!("{pointer}/{place}"), found);
            }
        }
        Value::Object(object) => {
            let unknown = unknown_keys(part, object);
            if !unknown.is_empty() {
                violates(part, Kind::UnknownKeys(unknown));
            }
            let names = &part["propertyNames"];
            for name in object.keys().filter(|name| !is_text_accepted(names, name)) {
                violates(names, Kind::KeyName(name));
            }
            for (key, value) in object {
                let known = part["properties"].get(key);
                let below = known.unwrap_or(&part["additionalProperties"]);
                check(below, value, &format!("{pointer}/{}", escape(key)), found);
            }
        }
        _ => {}
    }
}

/// The keys that the schema of an object does not have, if it accepts no others.
fn unknown_keys<'a>(part: &Value, object: &'a Map<String, Value>) -> Vec<&'a str> {
    if part["additionalProperties"] != Value::Bool(false) {
        return Vec::new();
    }
    let keys = object.keys().map(String::as_str);
    keys.filter(|key| part["properties"].get(key).is_none())
        .collect()
}

/// Whether a value is accepted, going by all but what it contains.
fn is_accepted(part: &Value, value: &Value) -> bool {
    let is_type = match &part["type"] {
        Value::Array(types) => types.iter().any(|name| is_of_type(name, value)),
        name => is_of_type(name, value),
    };
    let is_chosen = match part["oneOf"].as_array() {
        Some(choices) => choices.iter().any(|choice| choice["const"] == *value),
        None => true,
    };
    let is_within = match value {
        Value::Number(number) => {
            let number = number.as_f64();
            let is_above = part["minimum"]
                .as_f64()
                .is_none_or(|least| number >= Some(least));
            is_above
                && part["maximum"]
                    .as_f64()
                    .is_none_or(|most| number <= Some(most))
        }
        Value::String(text) => is_text_accepted(part, text),
        Value::Array(items) => is_long_enough(&part["minItems"], items.len()),
        _ => true,
    };
    is_type && is_chosen && is_within
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    }
}

fn is_text_accepted(part: &Value, text: &str) -> bool {
    let length = text.chars().count();
    let most = part["maxLength"].as_u64();
    is_long_enough(&part["minLength"], length)
        && most.is_none_or(|most| length as u64 <= most)
        && format_of(part).is_none_or(|format| (format.check)(text).is_ok())
}

fn is_long_enough(least: &Value, length: usize) -> bool {
    least.as_u64().is_none_or(|least| length as u64 >= least)
}

/// The format of a string.
pub(super) fn format_of(part: &Value) -> Option<&'static Format> {
    formats::find(part.get("format")?.as_str()?)
}

/// Escapes a key for a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
