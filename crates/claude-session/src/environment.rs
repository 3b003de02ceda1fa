//! Environment variables as a value.
//!
//! Nothing in this crate reads the process's own environment: the embedding application passes one in.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
};

/// Environment variables by name.
///
/// `Debug` lists names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The value of `name`. An empty variable counts as not set.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(name)?.as_os_str();
        (!value.is_empty()).then_some(value)
    }

    /// Every variable, empty ones included, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        let variables = self.0.iter();
        variables.map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// The home folder: `HOME`.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
