//! The JSON Schema of the configuration file, and messages about violations of it.

mod describe;
mod markdown;
mod validate;

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

use self::{
    describe::{choices, describe},
    validate::{Kind, Violation, escape, format_of, validate},
};
use super::{
    Config,
    problem::{Problem, WHOLE_FILE, below, did_you_mean, show},
};

/// The JSON Schema (draft 2020-12), which `config.schema.json` has a copy of.
pub fn schema() -> Value {
    // Such as `uint64`, which JSON Schema does not define.
    let without_number_formats = RecursiveTransform(|schema: &mut Schema| {
        let kind = schema.get("type");
        if kind.is_some_and(|kind| kind == "integer" || kind == "number") {
            schema.remove("format");
        }
    });
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let generator = settings
        .with_transform(without_number_formats)
        .into_generator();
    generator.into_root_schema_for::<Config>().to_value()
}

/// Tables of all keys in Markdown, which `docs/configuration.md` has copies of.
pub fn tables() -> String {
    markdown::tables(&schema())
}

/// All violations of the schema in `file`, each with the JSON pointer to the value that violates it.
pub(super) fn violations(file: &Value) -> Vec<(String, Problem)> {
    let schema = schema();
    let found = validate(&schema, file);
    found
        .into_iter()
        .flat_map(|violation| explain(file, violation))
        .collect()
}

/// Explains a violation, or several if it is about unknown keys.
fn explain(file: &Value, violation: Violation<'_>) -> Vec<(String, Problem)> {
    let Violation {
        pointer,
        value,
        part,
        kind,
    } = violation;
    let path = dotted(file, &pointer);
    let key = if path.is_empty() { WHOLE_FILE } else { &path };
    let of_key = |key: &str, problem| (format!("{pointer}/{}", escape(key)), problem);
    let problem = match kind {
        Kind::UnknownKeys(unexpected) => {
            let known = keys(part);
            let unknown = unexpected.into_iter().map(|name| {
                let hint = did_you_mean(name, known.iter().copied());
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                let message = format!("unknown key, expected one of {}{hint}", known.join(", "));
                of_key(name, Problem::new(below(&path, name), message))
            });
            return unknown.collect();
        }
        Kind::KeyName(name) => {
            let (found, hint) = (Value::from(name), reason(part, name));
            let problem = Problem::expected(below(&path, name), &describe(part), &found, hint);
            return vec![of_key(name, problem)];
        }
        Kind::Duplicate(second) => {
            let message = format!("{} is listed twice; remove the duplicate", show(second));
            Problem::new(key, message)
        }
        Kind::Value => Problem::expected(key, &describe(part), value, hint(part, value)),
    };
    vec![(pointer, problem)]
}

/// The keys of an object.
fn keys(part: &Value) -> Vec<&str> {
    let properties = part.get("properties").and_then(Value::as_object);
    properties
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// How to fix `value`.
fn hint(part: &Value, value: &Value) -> Option<String> {
    let wants = |kind| part.get("type").is_some_and(|wanted| wanted == kind);
    let default = || Some("to use the default, remove the key".to_owned());
    match value {
        Value::Number(number) if wants("string") => Some(format!("put it in quotes: \"{number}\"")),
        Value::String(text) if wants("string") => {
            reason(part, text).or_else(|| did_you_mean(text, choices(part)))
        }
        Value::String(text) => did_you_mean(text, choices(part)),
        Value::Null => default(),
        Value::Array(items) if items.is_empty() && wants("array") => default(),
        _ => None,
    }
}

/// Why `text` does not match the format of a string.
fn reason(part: &Value, text: &str) -> Option<String> {
    (format_of(part)?.check)(text).err()
}

/// Converts a JSON pointer into `file` to a dotted path.
fn dotted(file: &Value, pointer: &str) -> String {
    let mut path = String::new();
    let mut at = Some(file);
    for token in pointer.split('/').skip(1) {
        let token = unescape(token);
        if let Some(Value::Array(items)) = at {
            path = format!("{path}[{token}]");
            at = token
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index));
        } else {
            path = below(&path, &token);
            at = at.and_then(|value| value.get(&token));
        }
    }
    path
}

/// Reverses [`escape`].
pub(super) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests;
