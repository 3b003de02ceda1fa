//! The whole of `active.json` as a value: a JSON object, channel id to record.

use serde_json::{Map, Value};

use super::record::Record;
use crate::snowflake::ChannelId;

/// The file's content. What cannot be read as a record is kept as it is and written back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    channels: Map<String, Value>,
}

/// Why a text is not a registry.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, or cut off.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but no object.
    #[error("not a JSON object but {0}")]
    NoObject(&'static str),
}

impl Document {
    /// Reads a file's content. Nothing but white space is an empty registry.
    ///
    /// # Errors
    ///
    /// [`ParseError`] where the content is anything but an object.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes)? {
            Value::Object(channels) => Ok(Self { channels }),
            Value::Array(_) => Err(ParseError::NoObject("a list")),
            Value::String(_) => Err(ParseError::NoObject("a string")),
            Value::Null => Err(ParseError::NoObject("null")),
            Value::Bool(_) | Value::Number(_) => Err(ParseError::NoObject("a single value")),
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

    /// All records that can be read, in the file's order.
    pub fn records(&self) -> impl Iterator<Item = (ChannelId, Record)> + '_ {
        self.channels
            .iter()
            .filter_map(|(id, value)| Some((id.parse().ok()?, Record::read(value)?)))
    }

    /// The keys of entries that cannot be read as a channel's record.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> + '_ {
        self.channels.iter().filter_map(|(id, value)| {
            let readable = id.parse::<ChannelId>().is_ok() && Record::read(value).is_some();
            (!readable).then_some(id.as_str())
        })
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
}
