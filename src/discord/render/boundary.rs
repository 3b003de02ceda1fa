//! Where a sentence ends, and where a line may be broken without a space.

/// End a sentence.
const ENDS: &str = ".!?…。！？؟۔।";

/// May follow the end of a sentence.
const CLOSERS: &str = "\"'”’»)]」』）*_~|";

/// Ideographic marks that must not end a line.
const OPENERS: &str = "「『（【《〈［｛";

/// Ideographic marks and small letters that must not begin a line.
const BOUND: &str = "」』）】》〉］｝、。，．！？：；・ー々っゃゅょッャュョ";

/// Whether the text ends with the end of a sentence.
pub(super) fn ends_sentence(text: &str) -> bool {
    const MOST_CLOSERS: usize = 8;
    let mut last = text.chars().rev().take(MOST_CLOSERS);
    last.find(|c| !CLOSERS.contains(*c))
        .is_some_and(|c| ENDS.contains(c))
}

/// Whether a line may be broken between two clusters though no space is there: Chinese and Japanese have none.
pub(super) fn breaks_without_space(before: &str, after: &str) -> bool {
    let before = before.chars().next_back();
    let after = after.chars().next();
    before.is_some_and(|c| is_ideograph(c) && !OPENERS.contains(c))
        && after.is_some_and(|c| is_ideograph(c) && !BOUND.contains(c))
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The last place at which a text may be broken: after white space, or where a script has none; 0 if there is no place.
pub(super) fn last_break(text: &str) -> usize {
    let breaks = |(at, c): &(usize, char)| {
        let end = at + c.len_utf8();
        c.is_whitespace() || breaks_without_space(&text[..end], &text[end..])
    };
    let found = text.char_indices().rev().find(breaks);
    found.map_or(0, |(at, c)| at + c.len_utf8())
}

#[cfg(test)]
mod tests;
