//! What the application decides about the sandbox.

use std::{ffi::OsString, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How much of the machine the sandbox hides from the CLI and its tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SandboxLevel {
    /// Nothing is confined.
    Off,
    /// Bash commands run in the CLI's own sandbox.
    Cli,
    /// The whole CLI runs inside bubblewrap.
    Bwrap,
}

impl fmt::Display for SandboxLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The application's choices and files, from which its [`Sandbox`](super::Sandbox) is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The required level; `None` is the strongest that works on this machine.
    pub level: Option<SandboxLevel>,
    /// The account that runs the CLI, by name or number; `None` is the application's own.
    pub run_as: Option<String>,
    /// The CLI, by name or path.
    pub bin: OsString,
    /// Extra arguments of the CLI. At level `bwrap` it can read the absolute paths in them.
    pub extra_args: Vec<String>,
    /// Names of further environment variables to pass to the CLI.
    pub pass_env: Vec<String>,
    /// Further files and folders that the CLI and its tools can read at level `bwrap`.
    pub readable: Vec<PathBuf>,
    /// Further folders that sessions work in. At level `bwrap` only those are writable that a session is started with.
    pub folders: Vec<PathBuf>,
    /// The application's own folder.
    pub application_dir: PathBuf,
    /// Files and folders of the application that the CLI must not see.
    pub private: Vec<PathBuf>,
    /// Files that the application reads when it starts. Sessions may not create them.
    pub config_files: Vec<PathBuf>,
    /// The folder that holds one workspace per session.
    pub workspace_dir: PathBuf,
    /// Workspaces elsewhere.
    pub workspaces: Vec<PathBuf>,
}
