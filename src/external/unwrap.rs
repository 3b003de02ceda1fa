//! Finds a person's words in a message that [`wrap`](super::wrap()) has wrapped.

use crate::snowflake::UserId;

/// A person's message without its markers and its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrapped {
    pub author: UserId,
    pub name: String,
    pub words: String,
}

/// Finds the words among a message's text blocks. `None` if no person wrote it.
pub fn unwrap(texts: &[&str]) -> Option<Unwrapped> {
    let opening = texts.iter().enumerate().find_map(|(at, text)| {
        let (_, marker) = text.trim_end().rsplit_once('\n')?;
        let id = marker.strip_prefix("[EXTERNAL CONTENT id=")?;
        Some((at, id.strip_suffix(']')?))
    });
    let (first, id) = opening?;
    let marker = format!("[END EXTERNAL CONTENT id={id}]");
    let last = texts.iter().rposition(|text| text.trim() == marker)?;
    let heading = texts[first].strip_prefix("Message from ")?;
    let mut name = serde_json::Deserializer::from_str(heading).into_iter::<String>();
    let found = name.next()?.ok()?;
    // "Discord user 123, role: ..."
    let author = heading[name.byte_offset()..].split([' ', ',']).nth(4)?;
    Some(Unwrapped {
        author: UserId(author.parse().ok()?),
        name: found,
        words: texts.get(first + 1..last)?.concat(),
    })
}

#[cfg(test)]
mod tests;
