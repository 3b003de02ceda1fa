//! JSON that is read where it lies: only what is asked for is copied out of a line.
//!
//! A tree of values takes many times the memory of its text (an array of numbers sixteen times), and most of a line
//! is nothing to us. Whatever is missing or of another type is as if it were not there.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most bytes of a text that are kept. No model answers with more than some 500 kB, and no channel could show
/// as much.
pub(super) const LONGEST_TEXT: usize = 256 * 1024;

/// The most entries of an array or an object that are read.
pub(super) const MOST_ENTRIES: usize = 1_000;

/// A JSON value, or none.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a>(Option<&'a RawValue>);

impl<'a> Raw<'a> {
    /// The value that a text is; `None` where it is no JSON.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str::<&RawValue>(text)
            .ok()
            .map(|value| Self(Some(value)))
    }

    /// The member of an object; the last one where there are several of the name.
    pub(super) fn get(self, key: &str) -> Self {
        let find = |value: &'a RawValue| {
            let mut text = serde_json::Deserializer::from_str(value.get());
            text.deserialize_map(Find(key)).ok().flatten()
        };
        Self(
            self.0
                .filter(|value| value.get().starts_with('{'))
                .and_then(find),
        )
    }

    /// The members of an object in their order, at most [`MOST_ENTRIES`].
    pub(super) fn members(self) -> Vec<(String, Self)> {
        let read = |value: &'a RawValue| {
            let mut text = serde_json::Deserializer::from_str(value.get());
            text.deserialize_map(Members).ok()
        };
        self.0.and_then(read).unwrap_or_default()
    }

    /// The entries of an array, at most [`MOST_ENTRIES`]; `None` where it is none.
    pub(super) fn entries(self) -> Option<Vec<Self>> {
        let mut text = serde_json::Deserializer::from_str(self.0?.get());
        text.deserialize_seq(Entries).ok()
    }

    /// A string, cut after [`LONGEST_TEXT`].
    pub(super) fn text(self) -> Option<String> {
        let text: Cow<'_, str> = self.scalar::<Text<'_>>()?.0;
        Some(match text.len() {
            0..=LONGEST_TEXT => text.into_owned(),
            _ => text[..text.floor_char_boundary(LONGEST_TEXT)].to_owned(),
        })
    }

    /// Whether it is this string.
    pub(super) fn is(self, expected: &str) -> bool {
        self.scalar::<Text<'_>>()
            .is_some_and(|text| text.0 == expected)
    }

    /// `true` or `false`.
    pub(super) fn bool(self) -> Option<bool> {
        self.scalar()
    }

    /// A whole number that is not negative.
    pub(super) fn u64(self) -> Option<u64> {
        self.scalar()
    }

    /// A number.
    pub(super) fn f64(self) -> Option<f64> {
        self.scalar()
    }

    /// Whether it is missing or `null`.
    pub(super) fn is_null(self) -> bool {
        self.0.is_none_or(|value| value.get() == "null")
    }

    fn scalar<T: serde::Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }
}

/// A string, borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Finds a member, and reads past all others.
struct Find<'k>(&'k str);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(KeyIs(self.0))? {
            if is_it {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct KeyIs<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Raw<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while members.len() < MOST_ENTRIES
            && let Some((key, value)) = map.next_entry::<String, &RawValue>()?
        {
            members.push((key, Raw(Some(value))));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(members)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Raw<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MOST_ENTRIES
            && let Some(entry) = list.next_element::<&RawValue>()?
        {
            entries.push(Raw(Some(entry)));
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Raw<'_> {
        Raw::parse(text).unwrap()
    }

    #[test]
    fn members_are_found_whatever_stands_around_them() {
        let value = raw(r#"{"a": [1, {"b": 2}], "b": {"c": "x\ny"}, "d": null, "e": 1, "e": 2}"#);
        assert_eq!(value.get("b").get("c").text().unwrap(), "x\ny");
        assert!(value.get("b").get("c").is("x\ny"));
        assert!(value.get("d").is_null() && value.get("none").is_null());
        assert_eq!(value.get("e").u64(), Some(2), "the last of a name");
        assert!(value.get("a").get("b").is_null(), "an array has no members");
        assert_eq!(value.members().len(), 5);
        assert!(value.members()[0].1.entries().unwrap()[1].get("b").u64() == Some(2));
    }

    #[test]
    fn what_is_of_another_type_is_not_there() {
        let value = raw(r#"{"n": "1", "t": 1, "l": {}, "lone": "\ud800", "big": 1e400}"#);
        assert_eq!((value.get("n").u64(), value.get("t").text()), (None, None));
        assert!(value.get("l").entries().is_none());
        assert_eq!(value.get("lone").text(), None);
        assert_eq!(value.get("big").f64(), None);
        assert!(raw("7").get("x").is_null() && raw("[]").members().is_empty());
    }

    #[test]
    fn what_is_kept_of_a_line_is_bounded() {
        let text = format!("\"{}\"", "ä".repeat(LONGEST_TEXT));
        assert_eq!(raw(&text).text().unwrap().len(), LONGEST_TEXT);
        let list = format!("[{}1]", "1,".repeat(MOST_ENTRIES * 2));
        assert_eq!(raw(&list).entries().unwrap().len(), MOST_ENTRIES);
        let pairs: Vec<_> = (0..MOST_ENTRIES * 2)
            .map(|n| format!("\"{n}\":1"))
            .collect();
        let object = format!("{{{}}}", pairs.join(","));
        assert_eq!(raw(&object).members().len(), MOST_ENTRIES);
    }

    #[test]
    fn half_a_value_is_none() {
        for text in ["", "{", r#"{"a":"#, "[1,", "{} {}", "nul"] {
            assert!(Raw::parse(text).is_none(), "{text}");
        }
    }
}
