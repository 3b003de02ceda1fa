//! What a part of the schema accepts.

use serde_json::Value;

use super::validate::format_of;
use crate::config::problem::one_of;

/// The values of an enumeration: `enum`, or `oneOf` with `const`s.
pub(super) fn choices(part: &Value) -> Vec<&str> {
    let list = |name| {
        part.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let constants = list("oneOf").filter_map(|choice| choice.get("const"));
    list("enum")
        .chain(constants)
        .filter_map(Value::as_str)
        .collect()
}

/// What a part of the schema accepts, in words.
pub(super) fn describe(part: &Value) -> String {
    let choices = choices(part);
    if !choices.is_empty() {
        return one_of(choices);
    }
    if let Some(format) = format_of(part) {
        return format.expected.to_owned();
    }
    match part.get("type").and_then(Value::as_str) {
        Some(kind @ ("integer" | "number")) => {
            let kind = if kind == "integer" {
                "a whole number"
            } else {
                "a number"
            };
            let bound = |name| part.get(name).and_then(Value::as_f64);
            match (bound("minimum"), bound("maximum")) {
                (Some(min), Some(max)) => format!("{kind} from {min} to {max}"),
                _ => kind.to_owned(),
            }
        }
        Some("array") => {
            let list = match part.get("minItems") {
                Some(_) => "a non-empty list",
                None => "a list",
            };
            let item = part.get("items").map(describe).unwrap_or_default();
            format!("{list} (each entry: {item})")
        }
        Some("object") => "an object in braces".to_owned(),
        Some("string") => "text in quotes".to_owned(),
        other => other.unwrap_or("something else").to_owned(),
    }
}
