//! The whole of `active.json` as a value: a JSON object that maps channel ids to records.

use std::sync::Arc;

use super::record::Record;
use crate::{raw_object::RawObject, snowflake::ChannelId};

/// The major version of the file's format. A file without a version is of version 1, which keeps all fields of a
/// record in one flat object.
const MAJOR: u64 = 2;

/// The key of the format's version, a number or a text such as `"2.1"`. It is no channel's id.
const VERSION: &str = "version";

/// The file's content. Entries are kept as text, so that those that are not touched are written back byte for byte.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The version as it stands in the file, if it is a minor version of [`MAJOR`].
    version: Option<Arc<str>>,
    entries: RawObject,
}

/// Why a text is not a registry.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It is not JSON, is cut off, or is not an object.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is of a later major version, which this one would damage, or of one that nobody knows.
    #[error(
        "its format is version {0}, but this Switchboard knows only version {MAJOR} and earlier"
    )]
    Version(String),
}

impl Document {
    /// Reads a file's content. Nothing but white space is an empty registry. Where a key occurs twice, the last one
    /// counts. The records of a version 1 file are converted to the current form.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if the content is anything but an object, or of a later version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let mut entries: RawObject = serde_json::from_slice(bytes)?;
        let version = entries.fields.shift_remove(VERSION);
        let major = match &version {
            None => 1,
            Some(version) => {
                major(version).ok_or_else(|| ParseError::Version(unquoted(version).to_owned()))?
            }
        };
        if major < MAJOR {
            for (key, text) in &mut entries.fields {
                convert(key, text);
            }
        }
        Ok(Self {
            version: version.filter(|text| major == MAJOR && **text != *MAJOR.to_string()),
            entries,
        })
    }

    /// The file's content: the version first, two spaces of indent, UTF-8 unescaped, a newline at the end.
    ///
    /// # Errors
    ///
    /// None in practice: keys came from JSON or are channel ids.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let length: usize = self
            .entries
            .fields
            .iter()
            .map(|(key, text)| key.len() + text.len() + 8)
            .sum();
        let mut text = String::with_capacity(length + 32);
        text.push_str("{\n  \"version\": ");
        match &self.version {
            Some(version) => text.push_str(version),
            None => text.push_str(&MAJOR.to_string()),
        }
        for (key, entry) in &self.entries.fields {
            text.push_str(",\n  ");
            text.push_str(&serde_json::to_string(key)?);
            text.push_str(": ");
            text.push_str(entry);
        }
        text.push_str("\n}\n");
        Ok(text)
    }

    /// A channel's record; `None` if there is none that can be read.
    #[must_use]
    pub fn get(&self, channel: ChannelId) -> Option<Record> {
        self.entries
            .fields
            .get(&channel.to_string())
            .and_then(|text| Record::read(text))
    }

    /// Puts a channel's record in place of its old one, or last.
    ///
    /// # Errors
    ///
    /// None in practice: a record is JSON.
    pub fn put(&mut self, channel: ChannelId, record: &Record) -> serde_json::Result<()> {
        self.entries
            .fields
            .insert(channel.to_string(), entry(record)?);
        Ok(())
    }

    /// Puts an entry that was salvaged from another text in place of the one with its key, or last.
    pub(super) fn restore(&mut self, key: String, text: &str) {
        let mut text = Arc::from(text);
        convert(&key, &mut text);
        self.entries.fields.insert(key, text);
    }

    /// How many records can be read.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.records().count()
    }

    /// The keys that occurred more than once in the text.
    #[must_use]
    pub fn repeated(&self) -> &[String] {
        &self.entries.duplicates
    }

    /// All records that can be read, in the file's order.
    pub fn records(&self) -> impl Iterator<Item = (ChannelId, Record)> + '_ {
        self.entries
            .fields
            .iter()
            .filter_map(|(key, text)| Some((channel_of(key)?, Record::read(text)?)))
    }

    /// The keys of entries that cannot be read as a channel's record.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> + '_ {
        self.entries
            .fields
            .iter()
            .filter(|(key, text)| channel_of(key).is_none() || Record::read(text).is_none())
            .map(|(key, _)| key.as_str())
    }
}

/// A record as the file holds it.
fn entry(record: &Record) -> serde_json::Result<Arc<str>> {
    // Line breaks inside of strings are escaped, so that these are the layout's.
    let text = serde_json::to_string_pretty(record)?.replace('\n', "\n  ");
    Ok(text.into())
}

/// Converts an entry to the current form if it is a record.
fn convert(key: &str, text: &mut Arc<str>) {
    if channel_of(key).is_some()
        && let Some(record) = Record::read(text)
        && let Ok(entry) = entry(&record)
    {
        *text = entry;
    }
}

/// The channel with this key. Other spellings of the same id, such as with leading zeros, are no channel: there would
/// be two entries for it.
fn channel_of(key: &str) -> Option<ChannelId> {
    let channel: ChannelId = key.parse().ok()?;
    (channel.to_string() == key).then_some(channel)
}

/// The major version in a JSON value, if this program knows it.
fn major(version: &str) -> Option<u64> {
    let major = unquoted(version).split('.').next()?.parse().ok()?;
    (major <= MAJOR).then_some(major)
}

fn unquoted(json: &str) -> &str {
    json.trim_matches('"')
}

#[cfg(test)]
mod tests;
