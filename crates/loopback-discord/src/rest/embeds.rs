//! Limits of embeds (Discord developer docs, "Embed limits").

use serde_json::Value;

use super::error::FormErrors;

/// Embeds on a message.
const MOST: usize = 10;
/// Characters in all embeds of a message together.
const MOST_CHARACTERS: usize = 6000;

pub(super) fn check(embeds: &Value, errors: &mut FormErrors) {
    if embeds.is_null() {
        return;
    }
    let Some(embeds) = embeds.as_array() else {
        return errors.wrong_type("embeds", "list");
    };
    if embeds.len() > MOST {
        errors.too_long("embeds", MOST);
    }
    let mut characters = 0;
    for (index, embed) in embeds.iter().enumerate() {
        let mut text = |path: &str, text: &Value, most| {
            errors.max_length(&format!("embeds.{index}.{path}"), text, most);
            characters += text.as_str().map_or(0, |text| text.chars().count());
        };
        text("title", &embed["title"], 256);
        text("description", &embed["description"], 4096);
        text("footer.text", &embed["footer"]["text"], 2048);
        text("author.name", &embed["author"]["name"], 256);
        let fields = embed["fields"].as_array();
        for (field, found) in fields.into_iter().flatten().enumerate() {
            text(&format!("fields.{field}.name"), &found["name"], 256);
            text(&format!("fields.{field}.value"), &found["value"], 1024);
        }
        if fields.is_some_and(|fields| fields.len() > 25) {
            errors.too_long(&format!("embeds.{index}.fields"), 25);
        }
    }
    if characters > MOST_CHARACTERS {
        let message = format!("Embed size exceeds maximum size of {MOST_CHARACTERS}");
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", &message);
    }
}
