//! The process's environment, captured once and passed on as a value, so that tests can pass their own.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

pub use claude_session::Environment;

/// Reads the environment. Skips variables whose name is not UTF-8, which the configuration cannot name.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn capture() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .collect()
}

/// All variables as bytes, each followed by a NUL, which values cannot contain.
pub fn pack(environment: &Environment) -> Vec<u8> {
    let mut packed = Vec::new();
    for (name, value) in environment.iter() {
        packed.extend_from_slice(name.as_bytes());
        packed.push(b'=');
        packed.extend_from_slice(value.as_bytes());
        packed.push(0);
    }
    packed
}

/// Reverses [`pack`].
pub fn unpack(packed: &[u8]) -> Option<Environment> {
    let packed = packed.strip_suffix(b"\0")?;
    let variables = packed.split(|byte| *byte == 0).map(|variable| {
        let at = variable.iter().position(|byte| *byte == b'=')?;
        let name = String::from_utf8(variable[..at].to_vec()).ok()?;
        Some((name, OsString::from_vec(variable[at + 1..].to_vec())))
    });
    variables.collect()
}

#[cfg(test)]
mod tests;
