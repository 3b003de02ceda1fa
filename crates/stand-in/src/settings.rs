//! The settings in the environment: the version to imitate, the pace, the directories.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The environment of one run.
pub(crate) type Environment = BTreeMap<OsString, OsString>;

/// A version of the CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32, u32);

impl Version {
    /// The version without `STAND_IN_VERSION`.
    const DEFAULT: Self = Self(2, 1, 329);

    /// Whether this is 2.1.`patch` or later.
    pub(crate) fn has(self, patch: u32) -> bool {
        self >= Self(2, 1, patch)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        let version = Self(
            parts.next()?.ok()?,
            parts.next()?.ok()?,
            parts.next()?.ok()?,
        );
        parts.next().is_none().then_some(version)
    }

    /// The full name for a model's alias; any other name is returned unchanged.
    ///
    /// Measured with `set_model` on 2.1.197 and 2.1.329 (opus on 2.1.197: from its response to
    /// `initialize`).
    pub(crate) fn resolve_model(self, name: &str) -> String {
        let full = match (name, self.has(277)) {
            ("haiku", true) => "claude-haiku-5-5",
            ("haiku", false) => "claude-haiku-4-5-20251001",
            ("sonnet" | "default", true) => "claude-sonnet-5-5",
            ("sonnet" | "default", false) => "claude-sonnet-5",
            ("opus", true) => "claude-opus-5-5",
            ("opus", false) => "claude-opus-4-8",
            ("opus[1m]", false) => "claude-opus-4-8[1m]",
            ("fable", true) => "claude-fable-5-2",
            (other, _) => other,
        };
        full.to_owned()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The settings of the stand-in.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The CLI version to report and to imitate.
    pub(crate) version: Version,
    /// The pause between two chunks of streamed text.
    pub(crate) pace: Duration,
    /// The pause before the first line of stdin is read.
    pub(crate) start_delay: Duration,
    /// Directives that come before each message.
    pub(crate) directives: Option<String>,
    /// Exit immediately with this on stderr.
    pub(crate) fail_start: Option<String>,
    /// The CLI's directory: `CLAUDE_CONFIG_DIR`, or else `.claude` in the home directory.
    pub(crate) config_dir: PathBuf,
    /// `CLAUDE_CODE_MAX_RETRIES`.
    pub(crate) max_retries: u32,
    /// Whether `ANTHROPIC_API_KEY` is set.
    pub(crate) has_api_key: bool,
}

impl Settings {
    /// Reads the variables that the crate's documentation lists.
    ///
    /// # Errors
    ///
    /// A message with the variable, its value and the valid values.
    pub(crate) fn from_environment(env: &Environment) -> Result<Self, String> {
        let text = |name: &str| {
            env.get(&OsString::from(name))
                .map(|value| value.to_string_lossy().into_owned())
        };
        let number = |name: &str, default: u32| match text(name) {
            None => Ok(default),
            Some(value) => value
                .parse()
                .map_err(|_| format!("{name} is {value:?}: it must be a whole number")),
        };
        let millis =
            |name, default| number(name, default).map(|ms| Duration::from_millis(ms.into()));
        let version = match text("STAND_IN_VERSION") {
            None => Version::DEFAULT,
            Some(value) => Version::parse(&value)
                .ok_or_else(|| format!("STAND_IN_VERSION is {value:?}: it must be like 2.1.329"))?,
        };
        let folder = |name: &str| env.get(&OsString::from(name)).map(PathBuf::from);
        let config_dir = folder("CLAUDE_CONFIG_DIR")
            .or_else(|| folder("HOME").map(|home| home.join(".claude")))
            .ok_or("neither CLAUDE_CONFIG_DIR nor HOME is set")?;
        Ok(Self {
            version,
            pace: millis("STAND_IN_PACE_MS", 15)?,
            start_delay: millis("STAND_IN_START_DELAY_MS", 0)?,
            directives: text("STAND_IN_DIRECTIVES"),
            fail_start: text("STAND_IN_FAIL_START"),
            config_dir,
            max_retries: number("CLAUDE_CODE_MAX_RETRIES", 10)?,
            has_api_key: env.contains_key(&OsString::from("ANTHROPIC_API_KEY")),
        })
    }
}

#[cfg(test)]
mod tests;
