//! What of the machine a CLI process and its tools can see and change.
//!
//! At level `bwrap` the process starts from an empty file system, into which `mounts` puts what it needs, as a function
//! of values, and `bubblewrap` makes that a command line. At level `cli`, `cli_settings` tells the CLI's own sandbox
//! what to keep from Bash. `set_up` tries which level works here. Nothing in this module starts a session.

mod account;
mod bubblewrap;
mod cli_settings;
mod defaults;
mod deny_write;
mod disallowed_tools;
mod mounts;
mod options;
mod paths;
mod policy;
mod set_up;
mod transcripts;

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

pub use account::{Account, AccountError, own_ids};
pub use bubblewrap::Wrapped;
pub use options::{Options, SandboxLevel};
pub use policy::Policy;
pub use set_up::{Confinement, ConfinementError};
pub use transcripts::folder_name;

/// The sandbox of every process of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sandbox {
    /// None.
    Off,
    /// The CLI's own, around its Bash tool.
    Cli(Policy),
    /// Bubblewrap, around the whole CLI.
    Bwrap {
        /// The program.
        bwrap: PathBuf,
        /// What it shows.
        policy: Policy,
    },
}

impl Sandbox {
    /// Which level this is.
    #[must_use]
    pub fn level(&self) -> SandboxLevel {
        match self {
            Self::Off => SandboxLevel::Off,
            Self::Cli(_) => SandboxLevel::Cli,
            Self::Bwrap { .. } => SandboxLevel::Bwrap,
        }
    }

    /// Further arguments of the CLI, for a process that works in `workspace` with these allow rules and extra
    /// arguments.
    #[must_use]
    pub fn cli_arguments(
        &self,
        workspace: &Path,
        rules: &[String],
        extra_args: &[String],
    ) -> Vec<OsString> {
        let takes_settings = !extra_args
            .iter()
            .any(|argument| cli_settings::turns_hooks_off(argument));
        let removed = disallowed_tools::disallowed_tools(rules, *self == Self::Off, takes_settings);
        let mut settings = match self {
            Self::Off | Self::Bwrap { .. } => Map::new(),
            Self::Cli(policy) => cli_settings::settings(policy, workspace),
        };
        settings.extend(removed.settings);
        let mut arguments = Vec::new();
        if !removed.tools.is_empty() {
            arguments.push(format!("--disallowedTools={}", removed.tools.join(",")).into());
        }
        if !settings.is_empty() {
            arguments.push(format!("--settings={}", Value::Object(settings)).into());
        }
        arguments
    }

    /// Further variables of the CLI's environment, whose search path is `path`.
    #[must_use]
    pub fn variables(&self, path: &OsStr) -> Vec<(OsString, OsString)> {
        match self {
            Self::Off | Self::Bwrap { .. } => Vec::new(),
            Self::Cli(policy) => vec![
                // Takes the CLI's own login from its Bash commands.
                ("CLAUDE_CODE_SUBPROCESS_ENV_SCRUB".into(), "1".into()),
                ("PATH".into(), cli_settings::reachable(policy, path)),
            ],
        }
    }

    /// Whether sessions can get at files of the application by way of `folder`, although the sandbox should keep them
    /// out: the folder has a second use. Without a sandbox nothing is kept out.
    #[must_use]
    pub fn is_exposed(&self, folder: &Path) -> bool {
        let folder = paths::canonical(folder);
        match self {
            Self::Off => false,
            Self::Cli(policy) => {
                cli_settings::cannot_be_denied(policy, &folder) || folder == policy.application_dir
            }
            Self::Bwrap { policy, .. } => policy.is_exposed(&folder),
        }
    }

    /// Wraps the CLI for a process that works in `workspace`, whose path is canonical; `None` if this level does not
    /// wrap it. `prompt` is a file that it must be able to read.
    ///
    /// # Errors
    ///
    /// As the system gives them: a folder could not be created or looked at.
    pub fn wrap(
        &self,
        program: &Path,
        workspace: &Path,
        prompt: Option<&Path>,
    ) -> io::Result<Option<Wrapped>> {
        match self {
            Self::Off | Self::Cli(_) => Ok(None),
            Self::Bwrap { bwrap, policy } => {
                bubblewrap::wrap(policy, bwrap, program, workspace, prompt).map(Some)
            }
        }
    }
}
