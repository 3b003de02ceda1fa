//! The tables of all keys for `docs/configuration.md`.

use std::fmt::Write as _;

use serde_json::Value;

use super::describe::{choices, describe};
use crate::config::{problem::below, reload::is_live};

/// The tables by name, with the keys whose rows are in them, each with all below it that no other table has.
const TABLES: [(&str, &[&str]); 13] = [
    ("models", &["model", "models"]),
    (
        "folders",
        &["personality_dir", "sessions_dir", "workspace_dir"],
    ),
    ("personas", &["personas"]),
    ("claude", &["claude"]),
    ("mcp_servers", &["mcp_servers"]),
    ("discord", &["discord"]),
    ("attachments", &["discord.attachments"]),
    ("limits", &["limits"]),
    ("dashboard", &["dashboard"]),
    ("channels", &["channels"]),
    ("tools", &["allowed_tools"]),
    ("sessions", &["sessions"]),
    ("updates", &["updates"]),
];

/// All tables, each between two comments that say which one it is.
pub(super) fn tables(schema: &Value) -> String {
    let mut rows = Vec::new();
    collect(schema, "", &mut rows);
    let mut text = String::new();
    for (name, _) in TABLES {
        let _infallible = write!(
            text,
            "<!-- keys of {name}: written by `cargo xtask docs` -->\n\n\
             | key | value | default | taken over by | meaning |\n|---|---|---|---|---|\n"
        );
        let own = rows.iter().filter(|(key, _)| table_of(key) == Some(name));
        own.for_each(|(key, part)| text += &row(key, part));
        text += "\n<!-- end of keys -->\n";
    }
    text
}

/// The keys that hold a value, with their part of the schema.
fn collect<'a>(part: &'a Value, key: &str, rows: &mut Vec<(String, &'a Value)>) {
    // The settings of a channel are below its ID.
    if let Some(each) = part.get("additionalProperties")
        && each.get("properties").is_some()
    {
        return collect(each, &format!("{key}.ID"), rows);
    }
    match part.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            for (name, part) in properties {
                collect(part, &below(key, name), rows);
            }
        }
        None => rows.push((key.to_owned(), part)),
    }
}

/// The table that names the most of a key.
fn table_of(key: &str) -> Option<&'static str> {
    let is_below = |above: &str| {
        let rest = key.strip_prefix(above);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let tables = TABLES.iter().filter_map(|(name, keys)| {
        let named = keys.iter().filter(|above| is_below(above));
        Some((named.map(|above| above.len()).max()?, *name))
    });
    tables.max().map(|(_, name)| name)
}

fn row(key: &str, part: &Value) -> String {
    let description = part["description"].as_str().unwrap_or_default();
    let (meaning, default) = match description.split_once(" Default: ") {
        Some((meaning, default)) => (meaning, default.trim_end_matches('.').to_owned()),
        None => (
            description,
            part.get("default")
                .map_or_else(|| "–".to_owned(), |it| format!("`{it}`")),
        ),
    };
    let taken_over_by = if is_live(key) { "reload" } else { "restart" };
    let cells = [&value(part), &default, taken_over_by, meaning].map(|it| it.replace('|', "\\|"));
    format!("| `{key}` | {} |\n", cells.join(" | "))
}

/// What a key accepts, in a few words.
fn value(part: &Value) -> String {
    let named = choices(part);
    if !named.is_empty() {
        let named: Vec<_> = named.iter().map(|name| format!("`\"{name}\"`")).collect();
        return named.join(", ");
    }
    match part.get("type").and_then(Value::as_str) {
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("array") => format!("list: {}", value(&part["items"])),
        _ => {
            let described = describe(part);
            let short = described.split(" such as").next().unwrap_or_default();
            let short = short.split(" (").next().unwrap_or_default();
            short.trim_end_matches(',').to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
