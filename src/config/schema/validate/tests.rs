use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::{formats::FORMATS, schema::schema};

/// The keywords that are validated, and those that say nothing about validity.
const KEYWORDS: [&str; 18] = [
    "$schema",
    "additionalProperties",
    "const",
    "default",
    "description",
    "format",
    "items",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "properties",
    "propertyNames",
    "title",
    "type",
    "uniqueItems",
];

/// All parts of the schema.
fn parts<'a>(part: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    let Some(object) = part.as_object() else {
        return;
    };
    found.push(object);
    for keyword in ["items", "additionalProperties", "propertyNames"] {
        parts(&part[keyword], found);
    }
    let choices = part["oneOf"].as_array().into_iter().flatten();
    let properties = part["properties"].as_object().into_iter().flatten();
    for part in choices.chain(properties.map(|(_, part)| part)) {
        parts(part, found);
    }
}

#[test]
fn every_keyword_of_the_schema_is_known() {
    let schema = schema();
    let mut found = Vec::new();
    parts(&schema, &mut found);
    let used: BTreeSet<&str> = found
        .iter()
        .flat_map(|part| part.keys().map(String::as_str))
        .collect();
    assert_eq!(used, BTreeSet::from(KEYWORDS));
    for part in found {
        let choices = part.get("oneOf").and_then(Value::as_array);
        let choices = choices.into_iter().flatten();
        assert!(choices.clone().all(|choice| choice.get("const").is_some()));
    }
}

/// The pointers to what violates the schema, going by another implementation.
fn reference(schema: &Value, file: &Value) -> BTreeSet<String> {
    let mut options = jsonschema::options().should_validate_formats(true);
    for format in FORMATS {
        options = options.with_format(format.name, |text: &str| (format.check)(text).is_ok());
    }
    let validator = options.build(schema).unwrap();
    let errors = validator.iter_errors(file);
    errors
        .map(|error| error.instance_path().as_str().to_owned())
        .collect()
}

/// A file with an arbitrary value at one of the schema's keys, or at one that it does not have.
fn any_file() -> impl Strategy<Value = Value> {
    fn keys(part: &Value, path: &[&str], found: &mut Vec<Vec<String>>) {
        let known = part["properties"].as_object().into_iter().flatten();
        let known = known.map(|(key, part)| (key.as_str(), part));
        let free = part.get("additionalProperties").into_iter();
        let free = free.flat_map(|part| ["7", "general"].map(|key| (key, part)));
        for (key, part) in known.chain(free).chain([("odd", &Value::Null)]) {
            let path = [path, &[key]].concat();
            found.push(path.iter().map(|&key| key.to_owned()).collect());
            if !part.is_null() {
                keys(part, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    keys(&schema(), &[], &mut found);
    let text = prop_oneof![
        prop::sample::select(vec![
            "*", "7", "all", "off", "Read", "sonnet", "~/x", "--x", ""
        ]),
        Just("a text that is longer than the longest of all emoji"),
    ];
    let text = text.prop_map(Value::from);
    let number = prop_oneof![Just(0), Just(1), Just(100_000_000), any::<i64>()];
    let leaf = prop_oneof![
        text,
        number.prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!({}))
    ];
    let value = prop_oneof![
        leaf.clone(),
        prop::collection::vec(leaf, 0..4).prop_map(Value::from)
    ];
    (prop::sample::select(found), value).prop_map(|(path, value)| {
        let keys = path.into_iter().rev();
        keys.fold(value, |value, key| json!({ key: value }))
    })
}

proptest! {
    #[test]
    fn violations_are_those_that_another_implementation_finds(file in any_file()) {
        let schema = schema();
        let found = validate(&schema, &file);
        let found: BTreeSet<_> = found.into_iter().map(|it| it.pointer).collect();
        prop_assert_eq!(found, reference(&schema, &file));
    }
}
