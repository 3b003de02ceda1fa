//! The names of saved files.

use crate::{
    external::{Layout, sanitize},
    snowflake::MessageId,
};

/// How many bytes of the original name are kept, including the extension.
const MAX_NAME: usize = 60;

const MAX_EXTENSION: usize = 12;

/// `<message>-<number>-<name>`, with only ASCII letters, digits, `.`, `_` and `-`: safe for every tool, and unchanged in a
/// heading.
pub(super) fn file_name(message: MessageId, number: usize, original: &str) -> String {
    format!("{message}-{number}-{}", clean(original))
}

/// The message and number in a name that [`file_name`] returned; `None` for any other name.
pub(super) fn parse(name: &str) -> Option<(u64, u32)> {
    let mut parts = name.splitn(3, '-');
    let message = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    parts.next().map(|_| (message, number))
}

/// The message that a file with such a name came with.
pub(crate) fn message_of(name: &str) -> Option<MessageId> {
    Some(MessageId(parse(name)?.0))
}

/// At most 60 ASCII letters, digits, `.`, `_` and `-`, with the extension.
pub(crate) fn clean(original: &str) -> String {
    let plain: String = original
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let (stem, extension) = match plain.rsplit_once('.') {
        Some((stem, extension))
            if (1..=MAX_EXTENSION).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, extension)
        }
        _ => (plain.as_str(), ""),
    };
    let words = stem.split(['_', '.', '-']).filter(|word| !word.is_empty());
    let mut stem = words.collect::<Vec<_>>().join("_");
    let dot = if extension.is_empty() { "" } else { "." };
    stem.truncate(MAX_NAME - dot.len() - extension.len());
    if stem.is_empty() {
        "file".clone_into(&mut stem);
    }
    let name = format!("{stem}{dot}{extension}");
    if sanitize(&name, MAX_NAME, Layout::SingleLine) == name {
        name
    } else {
        format!("file{dot}{extension}")
    }
}

#[cfg(test)]
mod tests;
