//! Limits of modals (Discord developer docs, "Modal" and "Text input").

use serde_json::Value;

use super::{ApiError, error::FormErrors};

const TEXT_INPUT: u64 = 4;

/// A modal has a title, a `custom_id`, and one to five rows or labels with a field each.
pub(super) fn check(data: &Value) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    for (field, most) in [("title", 45), ("custom_id", 100)] {
        if data[field].as_str().is_none_or(str::is_empty) {
            errors.required(field);
        }
        errors.max_length(field, &data[field], most);
    }
    let rows = data["components"].as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=5).contains(&rows.len()) {
        errors.bad_length("components", 1, 5);
    }
    for (index, row) in rows.iter().enumerate() {
        let path = format!("components.{index}");
        match row["type"].as_u64() {
            Some(1) => match row["components"].as_array().map(Vec::as_slice) {
                Some([field]) => {
                    check_field(&format!("{path}.components.0"), field, &mut errors);
                    if field["label"].as_str().is_none_or(str::is_empty) {
                        errors.required(&format!("{path}.components.0.label"));
                    }
                }
                _ => errors.bad_length(&format!("{path}.components"), 1, 1),
            },
            // A label, with the text above the field.
            Some(18) => {
                errors.max_length(&format!("{path}.label"), &row["label"], 45);
                errors.max_length(&format!("{path}.description"), &row["description"], 100);
                check_field(&format!("{path}.component"), &row["component"], &mut errors);
            }
            _ => errors.add(
                &format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" must be one of (1, 18).",
            ),
        }
    }
    errors.into_result()
}

fn check_field(path: &str, field: &Value, errors: &mut FormErrors) {
    let at = |name: &str| format!("{path}.{name}");
    if field["type"].as_u64().is_none() {
        errors.required(&at("type"));
    }
    if field["custom_id"].as_str().is_none_or(str::is_empty) {
        errors.required(&at("custom_id"));
    }
    errors.max_length(&at("custom_id"), &field["custom_id"], 100);
    if field["type"] != TEXT_INPUT {
        return;
    }
    if !matches!(field["style"].as_u64(), Some(1 | 2)) {
        errors.required(&at("style"));
    }
    errors.max_length(&at("label"), &field["label"], 45);
    errors.max_length(&at("placeholder"), &field["placeholder"], 100);
    errors.max_length(&at("value"), &field["value"], 4000);
    for (name, least) in [("min_length", 0), ("max_length", 1)] {
        let value = field[name].as_u64();
        if value.is_some_and(|value| !(least..=4000).contains(&value)) {
            let message = format!("int value should be between {least} and 4000 inclusive.");
            errors.add(&at(name), "NUMBER_TYPE_RANGE", &message);
        }
    }
}
