//! Reading records one by one from a file that is not valid JSON as a whole, because it is truncated or damaged. Pure.

use serde_json::value::RawValue;

use super::record::Record;
use crate::snowflake::ChannelId;

/// The size in bytes up to which a record is found. Most have about a thousand.
const WINDOW: usize = 64 << 10;

/// How many entries may fail before the rest is given up, so that a hostile file takes seconds, not hours.
const MAX_FAILURES: usize = 2_000;

/// The entries `"<channel id>": {...}` of a text whose value is a record, in order. Damaged entries are skipped.
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

/// Parses a channel id and its colon, after the opening quote. Returns the id and the text from the object's brace on.
fn entry(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let id = str::from_utf8(&text[..end]).ok()?;
    let colon = text[end..].strip_prefix(b"\"")?.trim_ascii_start();
    let value = colon.strip_prefix(b":")?.trim_ascii_start();
    (id.parse::<ChannelId>().is_ok() && value.starts_with(b"{")).then_some((id, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#"{
  "1": { "session_id": "a", "note": { "2": { "session_id": "inner" } } },
  "version": 1,
  "3" : {"session_id":"c","topic":"a \"4\": {} b"},
  "5": { "session": "none" },
  "6": { "session_id": "f" }
}"#;

    fn ids(text: &str) -> Vec<String> {
        let found = salvage(text.as_bytes());
        found.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn damaged_entries_are_skipped() {
        assert_eq!(ids(TEXT), ["1", "3", "6"]);
        assert_eq!(ids(&format!("\u{feff}{TEXT}")), ["1", "3", "6"]);
        assert_eq!(ids(&TEXT.replace("\"c\"", "\"c")), ["1", "6"]);
        assert_eq!(ids(&TEXT.replace('}', "")), [""; 0]);
        assert_eq!(ids(&TEXT[..TEXT.len() - 4]), ["1", "3"]);
        assert_eq!(ids(&"\0".repeat(999)), [""; 0]);
    }

    #[test]
    fn a_hostile_text_is_given_up() {
        let text = "\"1\":{".repeat(200_000);
        assert!(salvage(text.as_bytes()).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_handled(text in prop::collection::vec(any::<u8>(), 0..300)) {
            salvage(&text);
        }

        #[test]
        fn entries_before_a_cut_are_found(cut in 0..TEXT.len()) {
            let found = ids(&TEXT[..cut]);
            prop_assert!(cut < TEXT.find(",\n  \"version").unwrap() || found.contains(&"1".to_owned()));
        }
    }
}
