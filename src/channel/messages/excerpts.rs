//! What is shown of the CLI's own words.

/// How many characters of the CLI's output are shown.
const SHOWN: usize = 500;

pub(super) fn in_parentheses(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!(" (status {status})"))
}

/// The CLI's words, clipped and with a full stop.
pub(super) fn sentence(words: &str) -> String {
    let words = clip(words.trim());
    match words.chars().last() {
        None => "no reason was given.".into(),
        Some('.' | '!' | '?' | '…') => words,
        Some(_) => format!("{words}."),
    }
}

pub(super) fn clip(words: &str) -> String {
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}
