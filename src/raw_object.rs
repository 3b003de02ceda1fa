//! A JSON object whose values are kept as text.

use std::{fmt, sync::Arc};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RawObject {
    /// The texts of the values, in order. The last value of a duplicate key counts.
    pub(crate) fields: IndexMap<Arc<str>, Arc<str>>,
    /// Each repetition of a key.
    pub(crate) duplicates: Vec<String>,
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for RawObject {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<Self, A::Error> {
        while let Some((key, text)) = access.next_entry::<String, Box<RawValue>>()? {
            let text = Box::<str>::from(text).into();
            if self.fields.insert(key.as_str().into(), text).is_some() {
                self.duplicates.push(key);
            }
        }
        Ok(self)
    }
}
