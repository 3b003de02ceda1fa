//! The process's environment, captured once and passed on as a value.
//!
//! Everything else works on an [`Environment`], so that a test can hand in its own, and what the program depends
//! on can be read off one type.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::PathBuf,
};

/// Variables by name, as they were when the process started.
///
/// `Debug` lists names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Reads the environment of this process.
    ///
    /// A variable whose name is not UTF-8 is left out: no key of the configuration could name it.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn capture() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    /// The value of `name`. A variable that is set to nothing counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(name)
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Every variable, empty ones included, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// All variables in one piece, each followed by a NUL, which no value can hold.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        for (name, value) in &self.0 {
            packed.extend_from_slice(name.as_bytes());
            packed.push(b'=');
            packed.extend_from_slice(value.as_bytes());
            packed.push(0);
        }
        packed
    }

    /// What [`Environment::pack`] has packed; `None` if it was something else.
    #[must_use]
    pub fn unpack(packed: &[u8]) -> Option<Self> {
        let packed = packed.strip_suffix(b"\0")?;
        let variables = packed.split(|byte| *byte == 0).map(|variable| {
            let at = variable.iter().position(|byte| *byte == b'=')?;
            let name = String::from_utf8(variable[..at].to_vec()).ok()?;
            Some((name, OsString::from_vec(variable[at + 1..].to_vec())))
        });
        variables.collect()
    }

    /// The home folder, as `HOME` has it.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
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
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let env = Environment::from_iter([("HOME", ""), ("LANG", "C")]);
        assert_eq!(env.get("HOME"), None);
        assert_eq!(env.home(), None);
        assert_eq!(env.get("LANG"), Some(OsStr::new("C")));
        assert_eq!(env.iter().count(), 2);
    }

    #[test]
    fn debug_shows_no_value() {
        let env = Environment::from_iter([("DISCORD_TOKEN", "canary")]);
        assert_eq!(format!("{env:?}"), r#"{"DISCORD_TOKEN"}"#);
    }

    #[test]
    fn only_what_was_packed_is_unpacked() {
        for wrong in [&b""[..], b"\0", b"A=1", b"A=1\0B\0", b"\xff=1\0"] {
            assert_eq!(Environment::unpack(wrong), None, "{wrong:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            variables in proptest::collection::btree_map("[^=\0]+", proptest::collection::vec(1u8.., 0..9), 1..9)
        ) {
            let variables = variables.into_iter();
            let env: Environment = variables
                .map(|(name, value)| (name, OsString::from_vec(value)))
                .collect();
            proptest::prop_assert_eq!(Environment::unpack(&env.pack()), Some(env));
        }
    }

    #[test]
    fn capture_sees_this_process() {
        assert!(Environment::capture().get("PATH").is_some());
    }
}
