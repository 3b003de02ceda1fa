//! What the embedding application decides about the sandbox.

use std::{ffi::OsString, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How much of the machine is kept from the CLI and its tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SandboxLevel {
    /// Nothing.
    Off,
    /// The CLI's own sandbox is put around its Bash commands.
    Cli,
    /// The whole CLI runs inside bubblewrap.
    Bwrap,
}

impl fmt::Display for SandboxLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Cli => "cli",
            Self::Bwrap => "bwrap",
        })
    }
}

/// The application's choices and files, from which its [`Sandbox`](super::Sandbox) is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The required level; `None` picks the strongest one that works on this machine.
    pub level: Option<SandboxLevel>,
    /// The account that runs the CLI, by name or number; `None` is the application's own.
    pub run_as: Option<String>,
    /// The CLI, by name or path.
    pub bin: OsString,
    /// Extra arguments of the CLI. At level `bwrap`, it can read what they name by an absolute path.
    pub extra_args: Vec<String>,
    /// Names of further environment variables that are passed to the CLI.
    pub pass_env: Vec<String>,
    /// Further files and folders that the CLI and its tools can read at level `bwrap`.
    pub readable: Vec<PathBuf>,
    /// The application's own folder.
    pub application_dir: PathBuf,
    /// Files and folders of the application that the CLI must not see.
    pub private: Vec<PathBuf>,
    /// Files that the application reads when it starts. Nobody may create them from inside the sandbox.
    pub config_files: Vec<PathBuf>,
    /// The folder that holds one workspace per session.
    pub workspace_dir: PathBuf,
    /// Workspaces elsewhere.
    pub workspaces: Vec<PathBuf>,
}
