//! Finds a person's words in a message that [`wrap`](super::wrap()) has wrapped.

use crate::snowflake::UserId;

/// A person's message without its markers and its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrapped {
    pub author: UserId,
    pub name: String,
    pub words: String,
}

/// Finds the messages among a turn's text blocks. None if no person wrote it.
pub fn unwrap(texts: &[&str]) -> Vec<Unwrapped> {
    let mut found = Vec::new();
    let mut rest = texts;
    while let Some((heading, after)) = rest.split_first() {
        let message = message(heading, after);
        let used = message.as_ref().map_or(0, |(_, used)| *used);
        found.extend(message.map(|(message, _)| message));
        rest = &after[used..];
    }
    found
}

/// The message that begins with this heading, and how many of the blocks after it belong to it.
fn message(heading: &str, after: &[&str]) -> Option<(Unwrapped, usize)> {
    let (_, marker) = heading.trim_end().rsplit_once('\n')?;
    let id = marker.strip_prefix("[EXTERNAL CONTENT id=")?;
    let closing = format!("[END EXTERNAL CONTENT id={id}");
    let last = after.iter().position(|text| text.trim() == closing)?;
    let heading = heading.strip_prefix("Message from ")?;
    let mut name = serde_json::Deserializer::from_str(heading).into_iter::<String>();
    let found = name.next()?.ok()?;
    // "Discord user 123, role: ..."
    let author = heading[name.byte_offset()..].split([' ', ',']).nth(4)?;
    let message = Unwrapped {
        author: UserId(author.parse().ok()?),
        name: found,
        words: after[..last].concat(),
    };
    Some((message, last + 1))
}

#[cfg(test)]
mod tests;
