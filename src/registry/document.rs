//! The whole of `active.json` as a value: a JSON object, channel id to record.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::record::Record;
use crate::snowflake::ChannelId;

/// The major version of the file's format. A file says its own under [`VERSION`]; one that does not, as every file
/// of this version, is of version 1 and is nothing but a map of channel ids to records.
const MAJOR: u64 = 1;

/// The key of the format's version, a number or a text such as `"2.1"`. It is no channel's id.
pub const VERSION: &str = "version";

/// The file's content. What cannot be read as a record is kept as it is and written back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    channels: Map<String, Value>,
    repeated: Vec<String>,
}

/// Why a text is not a registry.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, cut off, or no object.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A later major version's, which this one would spoil.
    #[error("it is of version {0} of its format, and this Switchboard knows version {MAJOR}")]
    Newer(String),
}

impl Document {
    /// Reads a file's content. Nothing but white space is an empty registry. Where a key stands there twice, the
    /// last one counts.
    ///
    /// # Errors
    ///
    /// [`ParseError`] where the content is anything but an object, or of a later version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let document: Self = serde_json::from_slice(bytes)?;
        match document.channels.get(VERSION) {
            Some(version) if major(version).is_some_and(|major| major > MAJOR) => {
                Err(ParseError::Newer(match version {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                }))
            }
            _ => Ok(document),
        }
    }

    /// The file's content: two spaces of indent, UTF-8 unescaped, a newline at the end.
    ///
    /// # Errors
    ///
    /// None in practice: every value in it came from JSON or from a record.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let mut text = serde_json::to_string_pretty(&self.channels)?;
        text.push('\n');
        Ok(text)
    }

    /// A channel's record; `None` where there is none that can be read.
    #[must_use]
    pub fn get(&self, channel: ChannelId) -> Option<Record> {
        self.channels
            .get(&channel.to_string())
            .and_then(Record::read)
    }

    /// Puts a channel's record in place of its old one, or last.
    ///
    /// # Errors
    ///
    /// None in practice, as for [`Document::to_text`].
    pub fn put(&mut self, channel: ChannelId, record: &Record) -> serde_json::Result<()> {
        self.channels
            .insert(channel.to_string(), serde_json::to_value(record)?);
        Ok(())
    }

    /// Puts an entry as it stands in another text, where this has none under its key or an older one.
    pub(super) fn restore(&mut self, key: String, value: Value) {
        self.channels.insert(key, value);
    }

    /// How many records can be read.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.records().count()
    }

    /// The keys that stood in the text more than once.
    #[must_use]
    pub fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// All records that can be read, in the file's order.
    pub fn records(&self) -> impl Iterator<Item = (ChannelId, Record)> + '_ {
        self.channels
            .iter()
            .filter_map(|(key, value)| Some((channel_of(key)?, Record::read(value)?)))
    }

    /// The keys of entries that cannot be read as a channel's record.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> + '_ {
        self.channels.iter().filter_map(|(id, value)| {
            let readable = channel_of(id).is_some() && Record::read(value).is_some();
            let is_version = id == VERSION && major(value).is_some();
            (!readable && !is_version).then_some(id.as_str())
        })
    }
}

/// The channel that a key names. There is one way to write it: another, such as with zeros before it, would be a second
/// entry of the same channel.
fn channel_of(key: &str) -> Option<ChannelId> {
    let channel: ChannelId = key.parse().ok()?;
    (channel.to_string() == key).then_some(channel)
}

fn major(version: &Value) -> Option<u64> {
    let text = match version {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    text.split('.').next()?.parse().ok()
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

/// Reads an object and notes the keys that it has twice, which a map would swallow.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            if document.channels.insert(key.clone(), value).is_some() {
                document.repeated.push(key);
            }
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{
  "1100000000000000001": {
    "session_id": "5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11",
    "model": "sonnet",
    "created_at": "2026-01-01T00:00:00+00:00",
    "last_message_at": "2026-01-02T00:00:00+00:00",
    "message_count": 3,
    "total_input_tokens": 1,
    "total_output_tokens": 2,
    "total_cost_usd": 0.1,
    "duration_ms": 5,
    "context_tokens": 3,
    "topic": "Grüße 🎉"
  },
  "notes": "not a channel"
}
"#;

    #[test]
    fn a_channel_has_one_key() {
        let text = r#"{"007": {"session_id": "a"}, "+7": {"session_id": "b"}, "7": {}, "8": {"session_id": "c"}}"#;
        let mut document = Document::parse(text.as_bytes()).unwrap();
        let channels: Vec<_> = document.records().map(|(channel, _)| channel).collect();
        assert_eq!(channels, [ChannelId(8)]);
        assert_eq!(
            document.unreadable().collect::<Vec<_>>(),
            ["007", "+7", "7"]
        );
        let record = document.get(ChannelId(8)).unwrap();
        document.put(ChannelId(8), &record).unwrap();
        assert_eq!(document.unreadable().count(), 3);
    }

    #[test]
    fn what_is_not_touched_is_written_back_byte_for_byte() {
        let document = Document::parse(OLD.as_bytes()).unwrap();
        assert_eq!(document.to_text().unwrap(), OLD);
        assert_eq!(document.unreadable().collect::<Vec<_>>(), ["notes"]);
    }

    #[test]
    fn order_and_unknown_fields_survive_a_thousand_rewrites() {
        let channel = ChannelId(1_100_000_000_000_000_001);
        let mut document = Document::parse(OLD.as_bytes()).unwrap();
        document
            .put(channel, &document.get(channel).unwrap())
            .unwrap();
        let first = document.to_text().unwrap();
        for _ in 0..1_000 {
            document = Document::parse(document.to_text().unwrap().as_bytes()).unwrap();
            document
                .put(channel, &document.get(channel).unwrap())
                .unwrap();
        }
        assert_eq!(document.to_text().unwrap(), first);
        assert!(first.contains("\"topic\": \"Grüße 🎉\""));
        let names = [
            "session_id",
            "model",
            "created_at",
            "last_message_at",
            "message_count",
        ];
        let places: Vec<_> = names.iter().map(|name| first.find(name).unwrap()).collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn only_an_object_or_nothing_is_a_registry() {
        assert_eq!(Document::parse(b" \n").unwrap(), Document::default());
        for bad in ["[]", "null", "1", "\"x\"", "{", "{\"a\":", "\0\0"] {
            assert!(Document::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_later_version_is_refused_and_our_own_is_no_trouble() {
        for version in ["2", "\"2\"", "\"2.1-beta\"", "2.5", "18446744073709551615"] {
            let text = format!(r#"{{"version": {version}, "1": {{}}}}"#);
            let found = Document::parse(text.as_bytes());
            assert!(matches!(found, Err(ParseError::Newer(_))), "{version}");
        }
        for version in ["1", "\"1.7\"", "0"] {
            let text = format!("{{\n  \"version\": {version}\n}}\n");
            let document = Document::parse(text.as_bytes()).unwrap();
            assert_eq!(document.unreadable().count(), 0, "{version}");
            assert_eq!(document.to_text().unwrap(), text);
        }
    }

    #[test]
    fn a_key_that_stands_there_twice_is_noted() {
        let text = br#"{"1": {"session_id": "a"}, "2": 3, "1": {"session_id": "b"}}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(document.repeated(), ["1"]);
        assert_eq!(document.get(ChannelId(1)).unwrap().session_id, "b");
    }
}
