//! What a conversation is called: its first words.

use crate::external::{Layout, sanitize};

/// In characters. An option of a menu and the title of a thread hold 100.
const LONGEST: usize = 80;

/// The first words of a message, in one line of at most 80 characters, without mentions at its beginning. A word in
/// ASCII that does not fit is left out, because half of a secret would not be recognized. `None` if nothing is left.
pub(super) fn first_words(text: &str) -> Option<String> {
    let mut text = &text[..text.floor_char_boundary(LONGEST * 50)];
    while let Some((_, rest)) = text.trim_start().strip_prefix('<').and_then(|mention| {
        mention
            .split_once('>')
            .filter(|(id, _)| id.starts_with('@') && !id.contains(char::is_whitespace))
    }) {
        text = rest;
    }
    let line = sanitize(text, usize::MAX, Layout::SingleLine);
    let Some((end, next)) = line.char_indices().nth(LONGEST - 1) else {
        return Some(line).filter(|line| !line.is_empty());
    };
    let mut words = &line[..end];
    if next.is_ascii_graphic() {
        words = words.trim_end_matches(|c: char| c.is_ascii_graphic());
    }
    let words = words.trim_end();
    (!words.is_empty()).then(|| format!("{words}…"))
}

#[cfg(test)]
mod tests;
