//! Reads JSON into serenity's types.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

/// serenity 0.12.5 panics on some values that Discord has no reason to send, such as a picture's hash that is not ASCII.
/// Here that is an error like others.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(|| serde_json::from_slice(json)))
        .map_err(|_| "reading it panicked".to_owned())?
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
