//! Cutting a text that is redacted later.

/// The beginning of `text`, at most `longest` bytes. Of a secret that begins there, nothing stays: half of one is not
/// recognized.
pub fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let start = &text[..text.floor_char_boundary(longest)];
    let end = start.rfind(char::is_whitespace).unwrap_or_default();
    &start[..end]
}

#[cfg(test)]
mod tests;
