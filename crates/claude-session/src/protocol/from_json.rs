//! Lenient reading of JSON as Rust types: one odd field never costs the others.

use super::json::Json;

/// A type that can be read from JSON.
pub trait FromJson: Sized {
    /// Reads a value; `None` if it is missing or has another type.
    fn from_json(value: &Json) -> Option<Self>;
}

/// Declares structs that are read from the members of an object. `field: Type = "name"` gives the name of the member if
/// it is not that of the field, `=> function` a function of the member that replaces [`FromJson`].
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $key:literal)? $(=> $with:path)?,)*
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
    (@read $field:ident $with:path) => { $with(&$field) };
}
pub(super) use wire;

impl FromJson for Json {
    fn from_json(value: &Json) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromJson for String {
    fn from_json(value: &Json) -> Option<Self> {
        value.text()
    }
}

impl FromJson for bool {
    fn from_json(value: &Json) -> Option<Self> {
        value.bool()
    }
}

impl FromJson for u16 {
    fn from_json(value: &Json) -> Option<Self> {
        value.u64().and_then(|number| number.try_into().ok())
    }
}

/// Also a float, without its fraction.
impl FromJson for u64 {
    fn from_json(value: &Json) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and no amount is negative"
        )]
        value.u64().or_else(|| Some(f64::from_json(value)? as u64))
    }
}

/// An amount: finite and not negative.
impl FromJson for f64 {
    fn from_json(value: &Json) -> Option<Self> {
        let is_amount = |amount: &f64| amount.is_finite() && *amount >= 0.0;
        value.f64().filter(is_amount)
    }
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
