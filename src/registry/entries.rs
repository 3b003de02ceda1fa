//! A JSON object whose values are kept as text.

use std::{fmt, sync::Arc};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The entries of an object in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entries {
    /// The values' texts. Where a key occurs twice, the last value counts.
    pub(super) map: IndexMap<String, Arc<str>>,
    /// The keys that occur more than once.
    pub(super) repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Entries, A::Error> {
                let mut entries = Entries::default();
                while let Some((key, text)) = access.next_entry::<String, Box<RawValue>>()? {
                    let text = Box::<str>::from(text).into();
                    if entries.map.insert(key.clone(), text).is_some() {
                        entries.repeated.push(key);
                    }
                }
                Ok(entries)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
