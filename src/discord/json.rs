//! Reads JSON into serenity's types.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// serenity 0.12.5 panics on some values that Discord has no reason to send, such as a picture's hash that is not ASCII.
/// Here that is an error like others.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    caught(|| serde_json::from_slice(json))
}

/// Reads messages, or what holds some. serenity refuses a message if it does not know a component in one of its rows; such
/// messages are read without components.
pub(super) fn parse_messages<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    parse(json).or_else(|_| caught(|| without_components(serde_json::from_slice(json)?)))
}

/// Reads what holds messages, without their components.
pub(super) fn without_components<T: DeserializeOwned>(mut json: Value) -> serde_json::Result<T> {
    clear_components(&mut json);
    // As text, so that the program holds one reader of each type, not two.
    serde_json::from_slice(&serde_json::to_vec(&json)?)
}

fn clear_components(json: &mut Value) {
    match json {
        Value::Array(values) => values.iter_mut().for_each(clear_components),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "components" {
                    *value = json!([]);
                } else {
                    clear_components(value);
                }
            }
        }
        _ => {}
    }
}

fn caught<T>(read: impl FnOnce() -> serde_json::Result<T>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read))
        .map_err(|_| "reading it panicked".to_owned())?
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
