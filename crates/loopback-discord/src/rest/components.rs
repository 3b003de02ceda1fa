//! Limits of components (Discord developer docs, "Component reference"): action rows with buttons
//! or one menu.

use std::{collections::HashSet, ops::RangeInclusive};

use serde_json::Value;

use super::error::FormErrors;

pub(super) fn check(rows: &Value, errors: &mut FormErrors) {
    if rows.is_null() {
        return;
    }
    let Some(rows) = rows.as_array() else {
        return errors.wrong_type("components", "list");
    };
    if rows.len() > 5 {
        errors.bad_length("components", 1, 5);
    }
    let mut seen = HashSet::new();
    for (index, row) in rows.iter().enumerate() {
        let path = format!("components.{index}");
        if row["type"] != 1 {
            errors.add(
                &format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" must be one of (1,).",
            );
            continue;
        }
        check_row(&path, row, &mut seen, errors);
    }
}

pub(super) fn check_row<'a>(
    path: &str,
    row: &'a Value,
    seen: &mut HashSet<&'a str>,
    errors: &mut FormErrors,
) {
    let held = row["components"].as_array().map_or(&[][..], Vec::as_slice);
    // A menu takes the width of a row.
    let has_menu = held.iter().any(|component| component["type"] != 2);
    let most = if has_menu { 1 } else { 5 };
    if held.is_empty() || held.len() > most {
        errors.bad_length(&format!("{path}.components"), 1, most);
    }
    for (place, component) in held.iter().enumerate() {
        let path = format!("{path}.components.{place}");
        check_one(&path, component, seen, errors);
    }
}

pub(super) fn check_one<'a>(
    path: &str,
    component: &'a Value,
    seen: &mut HashSet<&'a str>,
    errors: &mut FormErrors,
) {
    let at = |field: &str| format!("{path}.{field}");
    let link = component["type"] == 2 && component["style"] == 5;
    match component["type"].as_u64() {
        None => errors.required(&at("type")),
        Some(2) => {
            if component["style"]
                .as_u64()
                .is_none_or(|style| !(1..=6).contains(&style))
            {
                errors.required(&at("style"));
            }
            if component["label"].is_null() && component["emoji"].is_null() {
                errors.add(
                    path,
                    "BUTTON_COMPONENT_INVALID",
                    "A button requires a label or an emoji",
                );
            }
            errors.max_length(&at("label"), &component["label"], 80);
        }
        Some(3) => check_menu(path, component, errors),
        Some(_) => {}
    }
    let id = component["custom_id"].as_str().unwrap_or_default();
    if link {
        if component["url"].as_str().is_none_or(str::is_empty) {
            errors.required(&at("url"));
        }
    } else if id.is_empty() {
        errors.required(&at("custom_id"));
    } else {
        errors.max_length(&at("custom_id"), &component["custom_id"], 100);
        if !seen.insert(id) {
            errors.add(
                &at("custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            );
        }
    }
}

fn check_menu(path: &str, menu: &Value, errors: &mut FormErrors) {
    let at = |field: &str| format!("{path}.{field}");
    errors.max_length(&at("placeholder"), &menu["placeholder"], 150);
    check_options(path, menu, 1..=25, errors);
}

/// The options of a menu or a group of buttons: so many, and how many of them are chosen.
pub(super) fn check_options(
    path: &str,
    menu: &Value,
    allowed: RangeInclusive<usize>,
    errors: &mut FormErrors,
) {
    let at = |field: &str| format!("{path}.{field}");
    let most = allowed.end();
    for (field, least) in [("min_values", 0), ("max_values", 1)] {
        let value = menu[field].as_u64();
        if value.is_some_and(|value| !(least..=*most as u64).contains(&value)) {
            let message = format!("int value should be between {least} and {most} inclusive.");
            errors.add(&at(field), "NUMBER_TYPE_RANGE", &message);
        }
    }
    let options = menu["options"].as_array().map_or(&[][..], Vec::as_slice);
    if !allowed.contains(&options.len()) {
        errors.bad_length(&at("options"), *allowed.start(), *most);
    }
    let mut values = HashSet::new();
    for (index, option) in options.iter().enumerate() {
        let at = |field: &str| at(&format!("options.{index}.{field}"));
        for field in ["label", "value"] {
            if option[field].as_str().is_none_or(str::is_empty) {
                errors.required(&at(field));
            }
            errors.max_length(&at(field), &option[field], 100);
        }
        errors.max_length(&at("description"), &option["description"], 100);
        if !values.insert(option["value"].as_str()) {
            let message = "The specified option value is already used";
            errors.add(
                &at("value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                message,
            );
        }
    }
}
