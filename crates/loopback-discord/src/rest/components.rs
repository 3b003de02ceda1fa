//! Limits of components (Discord developer docs, "Component reference"): action rows with buttons
//! or one menu.

use std::collections::HashSet;

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
        let held = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        if held.is_empty() || held.len() > 5 {
            errors.bad_length(&format!("{path}.components"), 1, 5);
        }
        for (place, component) in held.iter().enumerate() {
            check_one(
                &format!("{path}.components.{place}"),
                component,
                &mut seen,
                errors,
            );
        }
    }
}

fn check_one<'a>(
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
        Some(3) => {
            let options = component["options"].as_array().map_or(0, Vec::len);
            if !(1..=25).contains(&options) {
                errors.bad_length(&at("options"), 1, 25);
            }
        }
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
