//! Removes control sequences from a text: terminals interpret them, and a chat shows them as garbage.

use std::borrow::Cow;

use super::scan::Scanner;
use crate::chat::{has_control_characters, with_line_feeds, without_control_sequences};

/// Removes control sequences and control characters other than line feeds and tabs; a lone carriage return becomes a
/// line feed. Blocks of `ansi` code keep their colors.
///
/// Secrets must be looked for in what this returns: it may join what a control sequence held apart.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !has_control_characters(text) {
        return Cow::Borrowed(text);
    }
    let text = with_line_feeds(text);
    let mut cleaned = String::with_capacity(text.len());
    let mut scanner = Scanner::default();
    let mut ignored = Vec::new();
    for line in text.split_inclusive('\n') {
        let line = without_control_sequences(line, scanner.is_in_ansi());
        scanner.read(
            line.trim_end_matches('\n'),
            line.ends_with('\n'),
            &mut ignored,
        );
        ignored.clear();
        cleaned.push_str(&line);
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests;
