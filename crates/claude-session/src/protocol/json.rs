//! A JSON value inside a line, which shares the line's memory and is decoded on demand.
//!
//! A tree of values takes many times the memory of its text (an array of numbers sixteen times), and most of a line is
//! never read. So a value stays a slice of its line until somebody asks for more. Reading is lenient: a value of another
//! type counts as missing.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use serde::{
    Serialize, Serializer,
    de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Decoded texts are cut after this many bytes. No model writes more than some 500 kB in one answer.
pub(crate) const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Further entries of an array or an object are ignored.
pub(crate) const MAX_ENTRIES: usize = 1_000;

/// A JSON value, or nothing.
///
/// It is a slice of the line that it was read from. Cloning it or reading its members copies no text. It keeps the whole
/// line in memory (4 MiB at most).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// Takes a whole text as one value; `None` if it is not valid JSON.
    pub fn parse(text: impl Into<Bytes>) -> Option<Self> {
        let text = text.into();
        let value = serde_json::from_slice::<&RawValue>(&text).ok()?;
        let value = text.slice_ref(value.get().as_bytes());
        Some(Self(value))
    }

    /// Serializes a value; `None` if JSON cannot represent it, such as a map whose keys are not strings.
    pub fn of(value: &impl Serialize) -> Option<Self> {
        serde_json::to_vec(value).ok().map(|text| Self(text.into()))
    }

    /// The JSON text; empty for no value.
    pub fn as_str(&self) -> &str {
        // Only valid JSON, which is UTF-8, gets in.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The member of an object with this name; the last one if there are several.
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
    pub fn members(&self) -> Vec<(String, Self)> {
        let member = |key, value| (decode(key).into_owned(), self.share(value));
        self.collect(b"{", member).unwrap_or_default()
    }

    /// The entries of an array, at most 1,000; `None` for any other value.
    pub fn entries(&self) -> Option<Vec<Self>> {
        self.collect(b"[", |_, value| self.share(value))
    }

    /// A string, cut after 256 KiB. Half a surrogate pair reads as U+FFFD. Allocates only if the string has escapes.
    pub fn str(&self) -> Option<Cow<'_, str>> {
        self.0.starts_with(b"\"").then(|| decode(self.as_str()))
    }

    /// [`Json::str`], owned.
    pub fn text(&self) -> Option<String> {
        self.str().map(Cow::into_owned)
    }

    /// Whether the value is this string.
    pub fn is(&self, expected: &str) -> bool {
        self.str().is_some_and(|text| text == expected)
    }

    /// A whole number that is not negative.
    pub fn u64(&self) -> Option<u64> {
        self.scalar()
    }

    /// A boolean or a number.
    pub(super) fn scalar<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.0).ok()
    }

    /// Whether it is missing or `null`.
    pub fn is_null(&self) -> bool {
        self.0.is_empty() || *self.0 == *b"null"
    }

    /// Visits the members of an object, each with its key as an undecoded literal, or the entries of an array.
    fn walk<'a>(&'a self, visit: impl FnMut(&'a str, &'a RawValue)) {
        let mut text = serde_json::Deserializer::from_str(self.as_str());
        // The text is valid, so this cannot fail half-way.
        drop(text.deserialize_any(Walk(visit)));
    }

    fn collect<'a, T>(
        &'a self,
        start: &[u8],
        item: impl Fn(&'a str, &'a RawValue) -> T,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.0.starts_with(start).then(|| {
            self.walk(|key, value| {
                if items.len() < MAX_ENTRIES {
                    items.push(item(key, value));
                }
            });
            items
        })
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

/// Writes the JSON unchanged; a missing value becomes `null`.
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
    while text.len() < MAX_TEXT_BYTES
        && let Some((plain, escape)) = rest.split_once('\\')
    {
        let decoded;
        (decoded, rest) = unescape(escape);
        text.push_str(plain);
        text.push(decoded);
    }
    text.push_str(&rest[..rest.floor_char_boundary(MAX_TEXT_BYTES)]);
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
    text.shrink_to(MAX_TEXT_BYTES);
    Cow::Owned(text)
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
