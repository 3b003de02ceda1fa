//! The part of a user message that a person wrote.
//!
//! Pure. A host may put a person's text into blocks of its own, between an opening and a closing marker;
//! then only those blocks count. Any other content is the person's as a whole.

use serde_json::Value;

const OPENING: &str = "[EXTERNAL CONTENT";
const CLOSING: &str = "[END EXTERNAL CONTENT";

/// The person's text in `content`, which is a string or an array of blocks.
pub(crate) fn person_text(content: &Value) -> String {
    let Some(blocks) = content.as_array() else {
        return content.as_str().unwrap_or_default().to_owned();
    };
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block.get("text")?.as_str())
        .collect();
    let opening = texts
        .iter()
        .position(|text| text.lines().any(|line| line.starts_with(OPENING)));
    let closing = texts
        .iter()
        .rposition(|text| text.trim_start().starts_with(CLOSING));
    match (opening, closing) {
        (Some(first), Some(last)) if first < last => texts[first + 1..last].concat(),
        _ => texts.join("\n"),
    }
}

/// The same in a text that holds the markers too.
pub(crate) fn person_part(text: &str) -> &str {
    let opened = text
        .split_once(OPENING)
        .and_then(|(_, rest)| rest.split_once("]\n"));
    let closed = opened.and_then(|(_, rest)| rest.rsplit_once(CLOSING));
    closed.map_or(text, |(words, _)| words.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests;
