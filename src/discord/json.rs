//! JSON into serenity's types.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

/// Reads a value. serenity panics on some that Discord has no reason to send (0.12.5: a picture's hash that is not
/// ASCII); here that is an error like others.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let parsed = catch_unwind(AssertUnwindSafe(|| serde_json::from_slice(json)));
    match parsed {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_) => Err("reading it panicked".to_owned()),
    }
}

#[cfg(test)]
mod tests;
