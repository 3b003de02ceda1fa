//! One JSON value inside a line, shared with the line and decoded on demand.
//!
//! A tree of values takes many times the memory of its text (an array of numbers sixteen times), and most of a line is
//! of no interest to anybody. So a value stays a slice of its line until somebody asks for more. Reading is lenient:
//! what is missing or has another type reads as absent.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use serde::{
    Serialize, Serializer,
    de::{Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::FromJson;

/// Decoded texts are cut after this many bytes. No model answers with more than some 500 kB.
pub(crate) const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Further entries of an array or an object are ignored.
pub(crate) const MAX_ENTRIES: usize = 1_000;

/// A JSON value, or nothing.
///
/// It is a slice of the line that it was read from: cloning it and taking members of it copies no text. While it lives,
/// so does its line (4 MiB at most).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// Takes a whole text as one value; `None` if it is not valid JSON.
    #[must_use]
    pub fn parse(text: impl Into<Bytes>) -> Option<Self> {
        let text = text.into();
        let value = serde_json::from_slice::<&RawValue>(&text).ok()?;
        let value = text.slice_ref(value.get().as_bytes());
        Some(Self(value))
    }

    /// Writes a value as JSON; `None` if it cannot be (a map whose keys are not strings).
    #[must_use]
    pub fn of(value: &impl Serialize) -> Option<Self> {
        serde_json::to_vec(value).ok().map(|text| Self(text.into()))
    }

    /// The JSON text; empty for no value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only valid JSON, which is UTF-8, gets in.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The member of an object; the last one of that name.
    #[must_use]
    pub fn get(&self, key: &str) -> Self {
        let [member] = self.pick([key]);
        member
    }

    /// Several members of an object, found in one pass.
    pub(super) fn pick<const N: usize>(&self, keys: [&str; N]) -> [Self; N] {
        let mut found = [const { None }; N];
        if self.0.starts_with(b"{") {
            self.walk(|key, value| {
                if let Some(position) = keys.iter().position(|wanted| *wanted == decode(key)) {
                    found[position] = Some(value);
                }
            });
        }
        found.map(|value| value.map_or_else(Self::default, |value| self.share(value)))
    }

    /// The members of an object in order, at most 1,000.
    #[must_use]
    pub fn members(&self) -> Vec<(String, Self)> {
        let mut members = Vec::new();
        if self.0.starts_with(b"{") {
            self.walk(|key, value| {
                if members.len() < MAX_ENTRIES {
                    members.push((decode(key).into_owned(), self.share(value)));
                }
            });
        }
        members
    }

    /// The entries of an array, at most 1,000; `None` for any other value.
    #[must_use]
    pub fn entries(&self) -> Option<Vec<Self>> {
        let mut entries = Vec::new();
        self.0.starts_with(b"[").then(|| {
            self.walk(|_, value| {
                if entries.len() < MAX_ENTRIES {
                    entries.push(self.share(value));
                }
            });
            entries
        })
    }

    /// Reads the value as a type of the host's. What is missing or malformed gets its default.
    #[must_use]
    pub fn read<T: FromJson + Default>(&self) -> T {
        T::from_json(self).unwrap_or_default()
    }

    /// A string, cut after 256 KiB. Half a surrogate pair reads as U+FFFD. Allocates only if the string holds escapes.
    #[must_use]
    pub fn str(&self) -> Option<Cow<'_, str>> {
        self.0.starts_with(b"\"").then(|| decode(self.as_str()))
    }

    /// The same as [`Json::str`], owned.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.str().map(Cow::into_owned)
    }

    /// Whether it is this string.
    #[must_use]
    pub fn is(&self, expected: &str) -> bool {
        self.str().is_some_and(|text| text == expected)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        serde_json::from_slice(&self.0).ok()
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn u64(&self) -> Option<u64> {
        serde_json::from_slice(&self.0).ok()
    }

    /// A number.
    #[must_use]
    pub fn f64(&self) -> Option<f64> {
        serde_json::from_slice(&self.0).ok()
    }

    /// Whether it is missing or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_empty() || *self.0 == *b"null"
    }

    /// Visits the members of an object, each with its key as an undecoded literal, or the entries of an array.
    fn walk<'a>(&'a self, visit: impl FnMut(&'a str, &'a RawValue)) {
        let mut text = serde_json::Deserializer::from_str(self.as_str());
        // The text is valid, so this cannot fail half-way.
        drop(text.deserialize_any(Walk(visit)));
    }

    fn share(&self, value: &RawValue) -> Self {
        Self(self.0.slice_ref(value.get().as_bytes()))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// As the JSON that it is; nothing becomes `null`.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            return serializer.serialize_none();
        }
        let value: &RawValue =
            serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

/// The text of a JSON string, cut after [`MAX_TEXT_BYTES`].
///
/// `serde_json` refuses a string with half a surrogate pair as a whole; CLIs that cut texts write such strings.
fn decode(literal: &str) -> Cow<'_, str> {
    let literal = literal.strip_prefix('"').unwrap_or(literal);
    let literal = literal.strip_suffix('"').unwrap_or(literal);
    if !literal.contains('\\') {
        return Cow::Borrowed(&literal[..literal.floor_char_boundary(MAX_TEXT_BYTES)]);
    }
    let mut text = String::with_capacity(literal.len().min(MAX_TEXT_BYTES));
    let mut rest = literal;
    loop {
        let (plain, escape) = match rest.split_once('\\') {
            Some((plain, escape)) => (plain, Some(escape)),
            None => (rest, None),
        };
        let left = MAX_TEXT_BYTES - text.len();
        text.push_str(&plain[..plain.floor_char_boundary(left)]);
        let Some((decoded, after)) = escape.map(unescape) else {
            return Cow::Owned(text);
        };
        if plain.len() + decoded.len_utf8() > left {
            return Cow::Owned(text);
        }
        text.push(decoded);
        rest = after;
    }
}

/// The character of an escape sequence without its backslash, and what follows it.
fn unescape(escape: &str) -> (char, &str) {
    let mut rest = escape.chars();
    let decoded = match rest.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('u') => return unescape_unicode(rest.as_str()),
        other => other.unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    (decoded, rest.as_str())
}

fn unescape_unicode(digits: &str) -> (char, &str) {
    let Some((first, rest)) = utf16_unit(digits) else {
        return (char::REPLACEMENT_CHARACTER, digits);
    };
    if let Some(decoded) = char::from_u32(first.into()) {
        return (decoded, rest);
    }
    let second = rest.strip_prefix("\\u").and_then(utf16_unit);
    if let Some((second, after)) = second
        && let Some(Ok(decoded)) = char::decode_utf16([first, second]).next()
    {
        return (decoded, after);
    }
    (char::REPLACEMENT_CHARACTER, rest)
}

fn utf16_unit(digits: &str) -> Option<(u16, &str)> {
    let (unit, rest) = digits.split_at_checked(4)?;
    Some((u16::from_str_radix(unit, 16).ok()?, rest))
}

/// Passes on members or entries as they are read.
struct Walk<F>(F);

impl<'de, F: FnMut(&'de str, &'de RawValue)> Visitor<'de> for Walk<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<&RawValue, _>()? {
            self.0(key.get(), value);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element()? {
            self.0("", value);
        }
        Ok(())
    }
}
