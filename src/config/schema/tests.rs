use serde_json::json;

use super::*;
use crate::config::formats::FORMATS;

#[test]
fn the_checked_in_schema_is_that_of_the_types() {
    let checked_in = include_str!("../../../config.schema.json");
    assert!(
        checked_in == format!("{:#}\n", schema()),
        "config.schema.json is out of date; write it anew with `cargo run -- schema > config.schema.json`"
    );
}

#[test]
fn every_format_in_the_schema_is_defined_and_used() {
    fn formats(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(object) => {
                found.extend(
                    object
                        .get("format")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                object.values().for_each(|value| formats(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| formats(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    formats(&schema(), &mut found);
    found.sort();
    found.dedup();
    let mut defined: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    defined.sort_unstable();
    assert_eq!(found, defined);
}

#[test]
fn every_key_of_the_schema_is_described() {
    #[track_caller]
    fn check(path: &str, schema: &Value) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (key, value) in properties {
                assert!(
                    value.get("description").is_some(),
                    "{path}.{key} has no description"
                );
                check(&format!("{path}.{key}"), value);
            }
        }
        if let Some(values) = schema.get("additionalProperties") {
            check(&format!("{path}.*"), values);
        }
    }
    check("", &schema());
}

#[test]
fn pointers_become_dotted_paths() {
    #[track_caller]
    fn check(pointer: &str, expected: &str) {
        let file = json!({"a": {"b/c": [{"0": [1, 2]}]}});
        assert_eq!(dotted(&file, pointer), expected);
    }
    check("", "");
    check("/a", "a");
    check("/a/b~1c/0/0/1", r#"a."b/c"[0].0[1]"#);
}
