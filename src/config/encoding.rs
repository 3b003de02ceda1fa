//! How fields are written in the file, and the schema of that.

use schemars::Schema;

/// Gives the items of an array schema a `format`.
pub(super) fn each(format: &'static str) -> impl Fn(&mut Schema) {
    move |list| {
        let items = list
            .get_mut("items")
            .and_then(|items| items.as_object_mut());
        if let Some(items) = items {
            items.insert("format".to_owned(), format.into());
        }
    }
}

/// A number, or `"auto"` for none.
pub(super) mod number_or_auto {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u32),
        Word(String),
    }

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde expects"
    )]
    pub(in crate::config) fn serialize<S: Serializer>(
        number: &Option<u32>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => out.serialize_u32(*number),
            None => out.serialize_str("auto"),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<u32>, D::Error> {
        match Written::deserialize(from)? {
            Written::Number(number) => Ok(Some(number)),
            Written::Word(word) if word == "auto" => Ok(None),
            Written::Word(word) => Err(D::Error::custom(word)),
        }
    }
}

/// Durations in whole seconds.
pub(super) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::config) fn serialize<S: Serializer>(
        time: &Duration,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.serialize_u64(time.as_secs())
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}
