//! Limits of modals (Discord developer docs, "Modal" and "Component reference").

use std::collections::HashSet;

use serde_json::Value;

use super::{ApiError, components::check_options, error::FormErrors};

const TEXT_INPUT: u64 = 4;

/// What a label may hold: menus, a text field, a file, radio buttons, checkboxes.
const IN_LABEL: [u64; 10] = [3, 4, 5, 6, 7, 8, 19, 21, 22, 23];

/// A modal has a title, a `custom_id`, and one to five labels or rows with a field each, or texts.
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
    let mut seen = HashSet::new();
    for (index, row) in rows.iter().enumerate() {
        let path = format!("components.{index}");
        match row["type"].as_u64() {
            Some(1) => match row["components"].as_array().map(Vec::as_slice) {
                Some([field]) => {
                    let path = format!("{path}.components.0");
                    check_field(&path, field, &[TEXT_INPUT], &mut seen, &mut errors);
                    check_text(&path, field, "label", 45, &mut errors);
                }
                _ => errors.bad_length(&format!("{path}.components"), 1, 1),
            },
            Some(10) => check_text(&path, row, "content", 4000, &mut errors),
            // A label, with the text above the field.
            Some(18) => {
                check_text(&path, row, "label", 45, &mut errors);
                errors.max_length(&format!("{path}.description"), &row["description"], 100);
                let path = format!("{path}.component");
                check_field(&path, &row["component"], &IN_LABEL, &mut seen, &mut errors);
            }
            _ => wrong_kind(&path, &[1, 10, 18], &mut errors),
        }
    }
    errors.into_result()
}

fn wrong_kind(path: &str, kinds: &[u64], errors: &mut FormErrors) {
    let kinds = kinds.iter().map(u64::to_string).collect::<Vec<_>>();
    errors.add(
        &format!("{path}.type"),
        "UNION_TYPE_CHOICES",
        &format!(
            "Value of field \"type\" must be one of ({}).",
            kinds.join(", ")
        ),
    );
}

/// A text that must be there.
fn check_text(path: &str, value: &Value, name: &str, most: usize, errors: &mut FormErrors) {
    let at = format!("{path}.{name}");
    if value[name].as_str().is_none_or(str::is_empty) {
        errors.required(&at);
    }
    errors.max_length(&at, &value[name], most);
}

fn check_field<'a>(
    path: &str,
    field: &'a Value,
    kinds: &[u64],
    seen: &mut HashSet<&'a str>,
    errors: &mut FormErrors,
) {
    let Some(kind) = field["type"].as_u64().filter(|kind| kinds.contains(kind)) else {
        return wrong_kind(path, kinds, errors);
    };
    let at = |name: &str| format!("{path}.{name}");
    check_text(path, field, "custom_id", 100, errors);
    let id = field["custom_id"].as_str();
    if id.is_some_and(|id| !id.is_empty() && !seen.insert(id)) {
        errors.add(
            &at("custom_id"),
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            "Component custom id cannot be duplicated",
        );
    }
    match kind {
        TEXT_INPUT => check_text_input(path, field, errors),
        3 => {
            errors.max_length(&at("placeholder"), &field["placeholder"], 150);
            check_options(path, field, 1..=25, errors);
        }
        21 => check_options(path, field, 2..=10, errors),
        22 => {
            check_options(path, field, 1..=10, errors);
            if field["min_values"] == 0 && field["required"] != false {
                let message = "min_values must be greater than 0 for a required component";
                errors.add(&at("min_values"), "BASE_TYPE_BAD_VALUE", message);
            }
        }
        _ => {}
    }
}

fn check_text_input(path: &str, field: &Value, errors: &mut FormErrors) {
    let at = |name: &str| format!("{path}.{name}");
    if !matches!(field["style"].as_u64(), Some(1 | 2)) {
        errors.required(&at("style"));
    }
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
