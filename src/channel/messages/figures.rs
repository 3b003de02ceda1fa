//! Numbers, ids and times in a short, readable form.

use chrono::DateTime;

use crate::{
    chat::without_control_sequences,
    external::{Layout, sanitize},
    money::Usd,
};

/// The first eight characters of a session id.
pub(crate) fn short(session_id: &str) -> &str {
    session_id
        .char_indices()
        .nth(8)
        .map_or(session_id, |(end, _)| &session_id[..end])
}

/// Two decimals from a dollar on, four below.
pub(crate) fn dollars(usd: Usd) -> String {
    let usd = usd.dollars();
    if usd == 0.0 || usd >= 1.0 {
        format!("${usd:.2}")
    } else {
        format!("${usd:.4}")
    }
}

/// Untrusted text as inline code of at most `longest` characters, in which Discord reads nothing.
pub(super) fn inline(text: &str, longest: usize) -> String {
    // A huge text costs no more than the part that is shown. An invisible one shows as a space.
    let start = text[..text.floor_char_boundary(longest * 8)].replace('\r', " ");
    let line = without_control_sequences(&start, false);
    let line = sanitize(&line, longest, Layout::SingleLine).replace('`', "'");
    let line = if line.is_empty() { " ".into() } else { line };
    format!("`{line}`")
}

/// Untrusted text of at most `longest` characters, in which Discord reads nothing.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let start = &text[..text.floor_char_boundary(longest * 8)];
    let mut plain = String::new();
    for c in sanitize(start, longest, Layout::SingleLine).chars() {
        if matches!(
            c,
            '\\' | '*' | '_' | '~' | '|' | '`' | '<' | '>' | '[' | ']'
        ) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

/// A number and its noun, with a plural in "s".
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// With at most three digits: `742`, `3.7k`, `87k`, `1.2M`.
pub(super) fn tokens(number: u64) -> String {
    let short = match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => format!("{}.{}k", number / 1_000, number / 100 % 10),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}.{}M", number / 1_000_000, number / 100_000 % 10),
    };
    format!("{short} tokens")
}

/// An RFC 3339 time in the reader's time zone: `f` shows date and time, `R` how long ago it was.
pub(super) fn time(time: &str, style: char) -> String {
    DateTime::parse_from_rfc3339(time).map_or_else(
        |_| inline(time, 40),
        |time| format!("<t:{}:{style}>", time.timestamp()),
    )
}
