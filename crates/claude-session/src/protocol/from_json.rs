//! Lenient reading of JSON as Rust types: a malformed field does not affect the others.

use super::json::Json;

/// A type that can be read from JSON.
pub trait FromJson: Sized {
    /// Reads a value; `None` if it is missing or has another type.
    fn from_json(value: &Json) -> Option<Self>;
}

impl Json {
    /// Reads the value as a Rust type; the default if it is missing or has another type.
    pub fn read<T: FromJson + Default>(&self) -> T {
        T::from_json(self).unwrap_or_default()
    }
}

/// Declares structs that are read from the members of an object. A field may name another member (`field: Type = "name"`)
/// and a function that reads it instead of [`FromJson`] (`=> function`).
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $key:literal)? $(=> $with:expr)?,)*
    })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::protocol::FromJson for $name {
            fn from_json(value: &$crate::protocol::Json) -> Option<Self> {
                let [$($field),*] = value.pick([$(wire!(@key $field $($key)?)),*]);
                (!value.is_null()).then(|| Self { $($field: wire!(@read $field $($with)?)),* })
            }
        }
    )*};
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@read $field:ident) => { $field.read() };
    (@read $field:ident $with:expr) => { ($with)(&$field) };
}
pub(super) use wire;

macro_rules! read_with {
    ($($type:ty: $read:expr,)*) => {$(
        impl FromJson for $type {
            fn from_json(value: &Json) -> Option<Self> {
                ($read)(value)
            }
        }
    )*};
}
read_with! {
    Json: |value: &Json| Some(value.clone()),
    String: Json::text,
    bool: Json::scalar,
    u16: |value: &Json| value.u64()?.try_into().ok(),
    u64: |value: &Json| value.u64().or_else(|| f64::from_json(value).map(truncate)),
    // An amount: finite and not negative.
    f64: |value: &Json| value.scalar().filter(|amount: &f64| amount.is_finite() && *amount >= 0.0),
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and no amount is negative"
)]
fn truncate(amount: f64) -> u64 {
    amount as u64
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Json) -> Option<Self> {
        Some(T::from_json(value))
    }
}

/// The entries of an array that can be read.
impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Json) -> Option<Self> {
        let entries = value.entries()?;
        Some(entries.iter().filter_map(T::from_json).collect())
    }
}
