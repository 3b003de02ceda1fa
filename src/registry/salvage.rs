//! Reads single records from a truncated or damaged file. Pure.

use serde_json::value::RawValue;

use super::record::Record;
use crate::snowflake::ChannelId;

/// The maximum size of a record in bytes. Most have about a thousand.
const WINDOW: usize = 64 << 10;

/// How many entries may fail before the rest is skipped, so that a hostile file takes seconds, not hours.
const MAX_FAILURES: usize = 2_000;

/// The entries `"<channel ID>": {...}` whose value is a record, in order.
pub(super) fn salvage(text: &[u8]) -> Vec<(String, Box<RawValue>)> {
    let mut found = Vec::new();
    let mut failures = 0;
    let mut rest = text;
    while let Some(quote) = rest.iter().position(|byte| *byte == b'"') {
        rest = &rest[quote + 1..];
        let Some((id, value)) = entry(rest) else {
            continue;
        };
        let window = &value[..value.len().min(WINDOW)];
        let mut values = serde_json::Deserializer::from_slice(window).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(record)) => {
                rest = &value[values.byte_offset()..];
                if Record::read(record.get()).is_some() {
                    found.push((id.to_owned(), record.to_owned()));
                }
            }
            _ if failures == MAX_FAILURES => break,
            _ => failures += 1,
        }
    }
    found
}

/// Parses a channel ID and its colon, after the opening quote. Returns the ID and the text from the object's brace on.
fn entry(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let id = str::from_utf8(&text[..end]).ok()?;
    let colon = text[end..].strip_prefix(b"\"")?.trim_ascii_start();
    let value = colon.strip_prefix(b":")?.trim_ascii_start();
    (id.parse::<ChannelId>().is_ok() && value.starts_with(b"{")).then_some((id, value))
}

#[cfg(test)]
mod tests;
