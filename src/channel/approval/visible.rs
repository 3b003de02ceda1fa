//! Makes visible what a text hides.

use crate::chat::is_blank;

/// A text for a code block. Control characters, invisible ones, and those that change the direction of text are shown
/// escaped, such as `\u{202e}`; so is the end of a code block.
pub(in crate::channel) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) || (c == '`' && shown.ends_with("``")) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn is_hidden(c: char) -> bool {
    let is_plain_space = matches!(c, ' ' | '\n' | '\t');
    let is_variation = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    (is_blank(c) && !is_plain_space) || is_variation
}

#[cfg(test)]
mod tests;
