//! What a message shows besides its text, read from its JSON: embeds, polls, stickers, and components, which serenity
//! drops.
//!
//! Pure. Nothing here is sanitized.

use serde_json::Value;

use crate::external::as_one_text;

/// How deep components are read. Discord's nest less deeply.
const DEPTH: usize = 5;

/// Longest text of one embed, poll or layout, in bytes. Discord allows 6,000 characters for all embeds.
const LONGEST: usize = 12_000;

/// The text and everything else that a message shows, as one text.
pub(super) fn readable(message: &Value) -> String {
    bounded(as_one_text(
        text(message, "content"),
        shown(message),
        stickers(message),
        forwards(message),
    ))
}

/// What a message shows besides its text, stickers, files and forwarded messages: one text each.
pub(super) fn shown(message: &Value) -> Vec<String> {
    let embeds = list(message, "embeds").map(embed);
    let poll = message.get("poll").filter(|poll| poll.is_object());
    let mut lines = Vec::new();
    components(list(message, "components"), DEPTH, &mut lines);
    embeds
        .chain(poll.map(self::poll))
        .chain([lines.join("\n")])
        .filter(|text| !text.trim().is_empty())
        .map(bounded)
        .collect()
}

/// The names of stickers.
pub(super) fn stickers(message: &Value) -> impl Iterator<Item = &str> {
    list(message, "sticker_items").map(|sticker| text(sticker, "name"))
}

/// The forwarded messages, each with everything it shows.
pub(super) fn forwards(message: &Value) -> Vec<String> {
    list(message, "message_snapshots")
        .map(|snapshot| readable(snapshot.get("message").unwrap_or(snapshot)))
        .filter(|text| !text.trim().is_empty())
        .collect()
}

fn embed(embed: &Value) -> String {
    let part = |parent: &Value, names: &[&str]| {
        let mut found = parent;
        for name in names {
            found = found.get(*name).unwrap_or(&Value::Null);
        }
        found.as_str().unwrap_or_default().to_owned()
    };
    let mut lines = vec![
        part(embed, &["author", "name"]),
        part(embed, &["title"]),
        part(embed, &["description"]),
    ];
    lines.extend(list(embed, "fields").map(|field| {
        let (name, value) = (text(field, "name"), text(field, "value"));
        format!("{name}: {value}")
    }));
    lines.push(part(embed, &["footer", "text"]));
    lines.push(part(embed, &["url"]));
    lines.extend(["image", "thumbnail", "video"].map(|kind| part(embed, &[kind, "url"])));
    lines.retain(|line| !line.is_empty());
    match lines[..] {
        [] => String::new(),
        _ => format!("Embed: {}", lines.join("\n")),
    }
}

fn poll(poll: &Value) -> String {
    let question = poll.pointer("/question/text").and_then(Value::as_str);
    let answers = list(poll, "answers").map(|answer| {
        let answer = answer.pointer("/poll_media/text").and_then(Value::as_str);
        format!("\n- {}", answer.unwrap_or_default())
    });
    let question = format!("Poll: {}", question.unwrap_or_default());
    question + &answers.collect::<String>()
}

/// The texts of components and of those inside them, in order.
fn components<'a>(list: impl Iterator<Item = &'a Value>, depth: usize, lines: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for component in list {
        // A text display has content, a button or an option a label, a picture a description, a file a name.
        for name in ["content", "label", "description", "name"] {
            let text = text(component, name);
            if !text.is_empty() {
                lines.push(text.to_owned());
            }
        }
        for name in ["components", "items", "options"] {
            components(self::list(component, name), depth, lines);
        }
        components(component.get("accessory").into_iter(), depth, lines);
    }
}

fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten()
}

#[cfg(test)]
mod tests;
