//! Numbers, ids and times as people read them.

use crate::money::Usd;

/// The first characters of a session id, enough to tell sessions apart.
#[must_use]
pub fn short(session_id: &str) -> &str {
    session_id
        .char_indices()
        .nth(8)
        .map_or(session_id, |(end, _)| &session_id[..end])
}

/// Dollars, with more digits the less they are.
#[must_use]
pub fn dollars(usd: Usd) -> String {
    let usd = usd.dollars();
    if usd == 0.0 || usd >= 1.0 {
        format!("${usd:.2}")
    } else {
        format!("${usd:.4}")
    }
}

/// A number and its noun.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A number of tokens, in thousands from ten thousand on.
#[must_use]
pub fn tokens(number: u64) -> String {
    if number < 10_000 {
        format!("{number} tokens")
    } else {
        format!("{}k tokens", number / 1_000)
    }
}

/// An RFC 3339 time to the minute.
pub(super) fn minute(time: &str) -> String {
    time.get(..16).map_or_else(
        || time.to_owned(),
        |minute| format!("{} UTC", minute.replace('T', " ")),
    )
}
