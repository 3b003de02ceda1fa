//! The content of `active.json`: a JSON object that maps channel IDs to records.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::record::Record;
use crate::{raw_object::RawObject, snowflake::ChannelId};

/// The file's name in the `sessions` folder.
pub const FILE: &str = "active.json";

/// The copy of the last good content.
pub const BACKUP: &str = "active.json.bak";

/// The major version of the format. A file without a version has version 1, whose records are flat objects.
const MAJOR: u64 = 2;

/// The key of the version, a number or a string such as `"2.1"`.
const VERSION: &str = "version";

/// The file's content. Entries are kept as text, so that unchanged ones are written back byte for byte. Clones share the
/// texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The version in the file if it is a minor version of [`MAJOR`].
    version: Option<Arc<str>>,
    entries: RawObject,
}

#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, truncated, or not an object.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A later major version, which this program would damage, or an unknown one.
    #[error(
        "its format has version {0}, but this program supports only version {MAJOR} and earlier"
    )]
    Version(String),
}

impl Document {
    /// Parses a file's content. White space is an empty registry. Records of version 1 are converted.
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

    /// Writes the file's content, indented by two spaces.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let version = self.version.as_deref();
        write!(out, "{{\n  \"{VERSION}\": ")?;
        match version {
            Some(version) => out.write_all(version.as_bytes())?,
            None => write!(out, "{MAJOR}")?,
        }
        for (key, entry) in &self.entries.fields {
            out.write_all(b",\n  ")?;
            serde_json::to_writer(&mut *out, &**key)?;
            out.write_all(b": ")?;
            out.write_all(entry.as_bytes())?;
        }
        out.write_all(b"\n}\n")
    }

    /// The file's content. Does not fail in practice.
    pub fn to_text(&self) -> io::Result<String> {
        let mut text = Vec::new();
        self.write(&mut text)?;
        String::from_utf8(text).map_err(io::Error::other)
    }

    /// A channel's record; `None` if there is none that can be read.
    pub fn get(&self, channel: ChannelId) -> Option<Record> {
        let text = self.entries.fields.get(channel.to_string().as_str())?;
        Record::read(text)
    }

    /// Replaces a channel's record, or appends it. Returns its text. Does not fail in practice.
    pub fn put(&mut self, channel: ChannelId, record: &Record) -> serde_json::Result<Arc<str>> {
        let text = entry(record)?;
        self.set(channel, Arc::clone(&text));
        Ok(text)
    }

    /// Replaces the text of a channel's record, or appends it.
    pub(super) fn set(&mut self, channel: ChannelId, text: Arc<str>) {
        let key = channel.to_string().into();
        self.entries.fields.insert(key, text);
    }

    /// Drops a channel's record.
    pub(super) fn remove(&mut self, channel: ChannelId) {
        let key = channel.to_string();
        self.entries.fields.shift_remove(key.as_str());
    }

    /// Replaces an entry with one from another file, or appends it.
    pub(super) fn restore(&mut self, key: String, text: &str) {
        let mut text = Arc::from(text);
        convert(&key, &mut text);
        self.entries.fields.insert(key.into(), text);
    }

    /// The number of readable records.
    pub fn sessions(&self) -> usize {
        self.records().count()
    }

    /// Each repetition of a key in the parsed text.
    pub fn repeated(&self) -> &[String] {
        &self.entries.duplicates
    }

    /// All readable records, in the file's order.
    pub fn records(&self) -> impl Iterator<Item = (ChannelId, Record)> + '_ {
        let entries = self.entries.fields.iter();
        entries.filter_map(|(key, text)| Some((channel_of(key)?, Record::read(text)?)))
    }

    /// The readable records that may have this field: only those are parsed.
    pub fn records_with(&self, field: &str) -> impl Iterator<Item = (ChannelId, Record)> + '_ {
        let name = format!("\"{field}\"");
        let entries = self.entries.fields.iter();
        let named = entries.filter(move |(_, text)| text.contains(&name));
        named.filter_map(|(key, text)| Some((channel_of(key)?, Record::read(text)?)))
    }

    /// The keys of entries that are not readable records of a channel.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> + '_ {
        let entries = self.entries.fields.iter();
        entries
            .filter(|(key, text)| channel_of(key).is_none() || Record::read(text).is_none())
            .map(|(key, _)| &**key)
    }
}

/// The text of a record in the file.
fn entry(record: &Record) -> serde_json::Result<Arc<str>> {
    // Line breaks in strings are escaped, so these are all between fields.
    let text = serde_json::to_string_pretty(record)?.replace('\n', "\n  ");
    Ok(text.into())
}

/// Converts an entry to the current version if it is a record.
fn convert(key: &str, text: &mut Arc<str>) {
    if channel_of(key).is_some()
        && let Some(record) = Record::read(text)
        && let Ok(entry) = entry(&record)
    {
        *text = entry;
    }
}

/// Parses a key. Rejects other spellings of an ID, such as with leading zeros, because a channel could then have two
/// entries.
fn channel_of(key: &str) -> Option<ChannelId> {
    let channel: ChannelId = key.parse().ok()?;
    (channel.to_string() == key).then_some(channel)
}

/// The major version in a JSON value if this program supports it.
fn major(version: &str) -> Option<u64> {
    let major = unquoted(version).split('.').next()?.parse().ok()?;
    (major <= MAJOR).then_some(major)
}

fn unquoted(json: &str) -> &str {
    json.trim_matches('"')
}

#[cfg(test)]
mod tests;
