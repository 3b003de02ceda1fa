//! The schema of the file, and what it has to say about one, in our words.
//!
//! The schema is the one source of what single keys may hold; this file only turns a breach of it into a
//! [`Problem`], with the very piece of the schema that was broken as what is allowed.

use std::sync::LazyLock;

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{
    formats::{self, FORMATS, Format},
    problem::{Problem, WHOLE_FILE, below, did_you_mean, one_of, show},
    raw::Raw,
};

/// The schema, and what holds a file against it.
static READY: LazyLock<(Value, Result<Validator, String>)> = LazyLock::new(|| {
    let schema = schema();
    let mut options = jsonschema::options().should_validate_formats(true);
    for format in FORMATS {
        options = options.with_format(format.name, |text: &str| (format.check)(text).is_ok());
    }
    let validator = options.build(&schema).map_err(|error| error.to_string());
    (schema, validator)
});

/// The JSON schema of `config.json` (draft 2020-12), as it stands in `config.schema.json`.
#[must_use]
pub fn schema() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Raw>()
        .to_value();
    drop_number_formats(&mut schema);
    schema
}

/// `uint64`, `double` and the like say nothing that `minimum` and `maximum` don't, and are no formats of JSON Schema.
fn drop_number_formats(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object
                .get("type")
                .is_some_and(|kind| kind == "integer" || kind == "number")
            {
                object.remove("format");
            }
            object.values_mut().for_each(drop_number_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_number_formats),
        _ => {}
    }
}

/// Something in the file that the schema does not allow.
#[derive(Debug)]
pub(super) struct Breach {
    /// What is wrong.
    pub(super) problem: Problem,
    /// JSON pointer to the value that has to go for the rest of the file to be read.
    pub(super) pointer: String,
}

/// All that the schema does not allow in `file`.
///
/// # Errors
///
/// If the schema itself is unfit, which a test rules out.
pub(super) fn breaches(file: &Value) -> Result<Vec<Breach>, Problem> {
    let (schema, validator) = &*READY;
    let validator = validator.as_ref().map_err(|error| Problem {
        key: WHOLE_FILE.to_owned(),
        found: format!("a schema that cannot be used: {error}"),
        allowed: "a build without this fault".to_owned(),
        hint: None,
    })?;
    Ok(validator
        .iter_errors(file)
        .flat_map(|error| explain(file, schema, &error))
        .collect())
}

/// One breach, or several where a whole set of keys is unknown.
fn explain(file: &Value, schema: &Value, error: &ValidationError<'_>) -> Vec<Breach> {
    let pointer = error.instance_path().as_str().to_owned();
    let dotted = dotted(file, &pointer);
    let key = if dotted.is_empty() {
        WHOLE_FILE.to_owned()
    } else {
        dotted.clone()
    };
    let broken = broken_part(schema, error.schema_path().as_str());
    let value = error.instance().as_ref();
    let problem = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = keys(broken);
            return unexpected
                .iter()
                .map(|name| Breach {
                    problem: Problem {
                        key: below(&dotted, name),
                        found: "an unknown key".to_owned(),
                        allowed: known.join(", "),
                        hint: did_you_mean(name, known.iter().copied()),
                    },
                    pointer: format!("{pointer}/{}", escape(name)),
                })
                .collect();
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default();
            let names = broken.get("propertyNames").unwrap_or(broken);
            return vec![Breach {
                problem: Problem {
                    key: below(&dotted, name),
                    found: format!("the key {}", show(&name.into())),
                    allowed: describe(names),
                    hint: reason(names, name),
                },
                pointer: format!("{pointer}/{}", escape(name)),
            }];
        }
        ValidationErrorKind::UniqueItems => Problem {
            found: format!("{} twice", twice(value)),
            allowed: "each entry once".to_owned(),
            key,
            hint: None,
        },
        ValidationErrorKind::MinItems { .. } => Problem {
            found: "an empty list".to_owned(),
            allowed: describe(broken),
            key,
            hint: Some("leave the key out for its default".to_owned()),
        },
        _ => Problem {
            found: show(value),
            allowed: describe(broken),
            hint: hint(broken, value),
            key,
        },
    };
    vec![Breach { problem, pointer }]
}

/// The piece of the schema whose keyword `path` names.
fn broken_part<'a>(schema: &'a Value, path: &str) -> &'a Value {
    let part = path.rsplit_once('/').map_or("", |(part, _)| part);
    schema.pointer(part).unwrap_or(schema)
}

/// The keys that an object of this piece of the schema may have.
fn keys(part: &Value) -> Vec<&str> {
    let properties = part.get("properties").and_then(Value::as_object);
    properties
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// The words that an enumeration allows: `enum`, or `oneOf` with a `const` each.
fn choices(part: &Value) -> Vec<&str> {
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

/// What a piece of the schema allows, in plain words.
fn describe(part: &Value) -> String {
    let choices = choices(part);
    if !choices.is_empty() {
        return one_of(choices);
    }
    if let Some(format) = format_of(part) {
        return format.allowed.to_owned();
    }
    let number = |name| part.get(name).and_then(Value::as_u64);
    match part.get("type").and_then(Value::as_str) {
        Some("integer") => match (number("minimum"), number("maximum")) {
            (Some(min), Some(max)) => format!("a whole number from {min} to {max}"),
            _ => "a whole number".to_owned(),
        },
        Some("number") => {
            let bound = |name| part.get(name).and_then(Value::as_f64);
            match (bound("minimum"), bound("maximum")) {
                (Some(min), Some(max)) => format!("a number from {min} to {max}"),
                _ => "a number".to_owned(),
            }
        }
        Some("array") => {
            let least = if number("minItems").is_some() {
                " with at least one entry"
            } else {
                ""
            };
            let entry = part.get("items").map(describe).unwrap_or_default();
            format!("a list{least}, each entry {entry}")
        }
        Some("object") => "an object in braces".to_owned(),
        Some("string") => "text in quotes".to_owned(),
        other => other.unwrap_or("something else").to_owned(),
    }
}

/// What to do about `value`.
fn hint(part: &Value, value: &Value) -> Option<String> {
    let wants_text = part.get("type").is_some_and(|kind| kind == "string");
    match value {
        Value::Number(number) if wants_text => Some(format!("write it in quotes: \"{number}\"")),
        Value::String(text) if wants_text => {
            reason(part, text).or_else(|| did_you_mean(text, choices(part)))
        }
        Value::String(text) => did_you_mean(text, choices(part)),
        Value::Null => Some("leave the key out for its default".to_owned()),
        _ => None,
    }
}

/// Why `text` is none of the words that this piece of the schema asks for.
fn reason(part: &Value, text: &str) -> Option<String> {
    (format_of(part)?.check)(text).err()
}

fn format_of(part: &Value) -> Option<&'static Format> {
    formats::find(part.get("format")?.as_str()?)
}

/// The first entry of a list that is there twice.
fn twice(list: &Value) -> String {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let second = items
        .iter()
        .enumerate()
        .find(|(index, item)| items[..*index].contains(item));
    second.map_or_else(|| "an entry".to_owned(), |(_, item)| show(item))
}

/// A JSON pointer into `file` as a dotted path.
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

/// A key as a part of a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a part of a JSON pointer stands for.
pub(super) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests;
