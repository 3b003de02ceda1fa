//! What the sandbox adds to the CLI's command line.

use std::{ffi::OsString, path::Path};

use serde_json::{Map, Value};

/// What the sandbox adds to the command line of a CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CliOptions {
    /// Tools that are removed, with commas between them.
    pub(super) disallowed_tools: String,
    pub(super) settings: Map<String, Value>,
}

impl CliOptions {
    /// The JSON for `--settings`.
    pub(crate) fn settings(&self) -> String {
        Value::Object(self.settings.clone()).to_string()
    }

    /// The arguments. `file` holds the settings if they may not stand in an argument.
    pub(crate) fn arguments(&self, file: Option<&Path>) -> Vec<OsString> {
        let mut arguments = Vec::new();
        if !self.disallowed_tools.is_empty() {
            arguments.push(format!("--disallowedTools={}", self.disallowed_tools).into());
        }
        let settings = match file {
            Some(file) => Some(file.as_os_str().to_owned()),
            None if self.settings.is_empty() => None,
            None => Some(self.settings().into()),
        };
        if let Some(settings) = settings {
            let mut argument = OsString::from("--settings=");
            argument.push(settings);
            arguments.push(argument);
        }
        arguments
    }
}
