use serde_json::json;

use super::{super::schema, collect, row, table_of};

#[test]
fn every_key_but_the_location_of_the_schema_is_in_a_table() {
    let schema = schema();
    let mut rows = Vec::new();
    collect(&schema, "", &mut rows);
    let without: Vec<_> = rows
        .iter()
        .filter(|(key, _)| table_of(key).is_none())
        .collect();
    assert!(rows.len() > 90, "{}", rows.len());
    assert!(
        matches!(without[..], [(key, _)] if key == "$schema"),
        "{without:?}"
    );
    assert_eq!(
        table_of("discord.attachments.max_files"),
        Some("attachments")
    );
    assert_eq!(table_of("models"), Some("models"));
}

#[test]
fn every_key_has_a_meaning_in_sentences() {
    let schema = schema();
    let mut rows = Vec::new();
    collect(&schema, "", &mut rows);
    for (key, part) in rows {
        let text = part["description"].as_str().unwrap_or_default();
        assert!(text.ends_with('.'), "{key}: {text:?}");
    }
}

#[test]
fn a_row_says_what_is_accepted_and_how_it_is_taken_over() {
    let number = json!({ "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "How | many." });
    assert_eq!(
        row("claude.max_turns", &number),
        "| `claude.max_turns` | a whole number from 1 to 9 | `3` | reload | How \\| many. |\n"
    );
    let list = json!({ "type": "array", "items": { "type": "string", "format": "path" }, "description": "Folders. Default: none at all." });
    assert_eq!(
        row("claude.sandbox_read", &list),
        "| `claude.sandbox_read` | list: a path | none at all | restart | Folders. |\n"
    );
    let named =
        json!({ "oneOf": [{ "const": "on" }, { "const": "off" }], "description": "Which." });
    assert_eq!(
        row("discord.approvals", &named),
        "| `discord.approvals` | `\"on\"`, `\"off\"` | – | reload | Which. |\n"
    );
}
