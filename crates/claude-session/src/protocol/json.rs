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
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

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
            let mut text = serde_json::Deserializer::from_str(self.as_str());
            let pick = Pick {
                keys: &keys,
                found: &mut found,
            };
            // The text is valid, so this cannot fail half-way.
            drop(text.deserialize_map(pick));
        }
        found.map(|value| self.share(value))
    }

    /// The members of an object in their order, at most 1,000.
    #[must_use]
    pub fn members(&self) -> Vec<(String, Self)> {
        let mut text = serde_json::Deserializer::from_str(self.as_str());
        let members = text.deserialize_map(Members).unwrap_or_default();
        let members = members.into_iter();
        members
            .map(|(key, value)| (key, self.share(Some(value))))
            .collect()
    }

    /// The entries of an array, at most 1,000; `None` for anything else.
    #[must_use]
    pub fn entries(&self) -> Option<Vec<Self>> {
        let mut text = serde_json::Deserializer::from_str(self.as_str());
        let entries = text.deserialize_seq(Entries).ok()?.into_iter();
        Some(entries.map(|value| self.share(Some(value))).collect())
    }

    /// A string, cut after 256 KiB. Half a surrogate pair reads as U+FFFD. Allocates only if the string holds escapes.
    #[must_use]
    pub fn str(&self) -> Option<Cow<'_, str>> {
        let literal = self.as_str().strip_prefix('"')?.strip_suffix('"')?;
        Some(decode(literal))
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

    /// A whole number that may be written as a float; negative and absurd ones are 0.
    pub(super) fn count(&self) -> u64 {
        self.u64().unwrap_or_else(|| {
            let float = self.f64().unwrap_or(0.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "`as` saturates, and NaN is 0"
            )]
            let whole = float as u64;
            whole
        })
    }

    /// An HTTP status.
    pub(super) fn status(&self) -> Option<u16> {
        self.u64().and_then(|status| u16::try_from(status).ok())
    }

    /// An amount that is finite and not negative.
    pub(super) fn amount(&self) -> Option<f64> {
        self.f64()
            .filter(|amount| amount.is_finite() && *amount >= 0.0)
    }

    /// The strings of an array.
    pub(super) fn texts(&self) -> Vec<String> {
        let entries = self.entries().unwrap_or_default();
        entries.iter().filter_map(Self::text).collect()
    }

    fn share(&self, value: Option<&RawValue>) -> Self {
        value.map_or_else(Self::default, |value| {
            Self(self.0.slice_ref(value.get().as_bytes()))
        })
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

/// The text between the quotes of a JSON string, cut after [`MAX_TEXT_BYTES`].
///
/// `serde_json` refuses a string with half a surrogate pair as a whole; CLIs that cut texts write such strings.
fn decode(literal: &str) -> Cow<'_, str> {
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

/// Collects the members with some names and skips all others.
struct Pick<'k, 'de> {
    keys: &'k [&'k str],
    found: &'k mut [Option<&'de RawValue>],
}

impl<'de> Visitor<'de> for Pick<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(position) = map.next_key_seed(KeyPosition(self.keys))? {
            match position {
                Some(position) => self.found[position] = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Compares a key without keeping it. Read as bytes, a key with half a surrogate pair is no error.
struct KeyPosition<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for KeyPosition<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Option<usize>, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeyPosition<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|wanted| wanted.as_bytes() == key))
    }
}

/// A key as text, whatever it holds.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<String, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(key).into_owned())
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while members.len() < MAX_ENTRIES
            && let Some(key) = map.next_key_seed(Key)?
        {
            members.push((key, map.next_value()?));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(members)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MAX_ENTRIES
            && let Some(entry) = list.next_element()?
        {
            entries.push(entry);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(entries)
    }
}
