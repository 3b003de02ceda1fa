//! The kinds of sandbox, and what each adds to the command line of a process.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use serde_json::Map;

use super::{
    CliOptions, bubblewrap, cli_settings, disallowed_tools, options::SandboxLevel, paths,
    policy::Policy,
};
use crate::{launch::Spec, protocol::PermissionMode};

/// The sandbox of every process of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sandbox {
    Off,
    /// The CLI's own sandbox, around its Bash tool.
    Cli(Policy),
    /// Bubblewrap, around the whole CLI.
    Bwrap {
        /// The path of `bwrap`.
        bwrap: PathBuf,
        /// What it shows.
        policy: Policy,
    },
}

impl Sandbox {
    /// The level of this sandbox.
    pub fn level(&self) -> SandboxLevel {
        match self {
            Self::Off => SandboxLevel::Off,
            Self::Cli(_) => SandboxLevel::Cli,
            Self::Bwrap { .. } => SandboxLevel::Bwrap,
        }
    }

    /// The tools that a CLI in `workspace` does not have, and its settings.
    pub(crate) fn cli_options(&self, workspace: &Path, spec: &Spec) -> CliOptions {
        let mut arguments = spec.extra_args.iter();
        let takes_settings = !arguments.any(|argument| cli_settings::turns_hooks_off(argument))
            && spec.settings.get("disableAllHooks") != Some(&true.into());
        let is_off = *self == Self::Off;
        let removed =
            disallowed_tools::disallowed_tools(&spec.allowed_tools, is_off, takes_settings);
        let tools = spec.disallowed_tools.iter().map(String::as_str);
        let tools: Vec<_> = removed.tools.into_iter().chain(tools).collect();
        let mut own = match self {
            Self::Off | Self::Bwrap { .. } => Map::new(),
            Self::Cli(policy) => cli_settings::settings(policy, workspace),
        };
        own.extend(removed.settings);
        let mut settings = spec.settings.clone();
        cli_settings::merge(&mut settings, own);
        CliOptions {
            disallowed_tools: tools.join(","),
            settings,
        }
    }

    /// Further variables for the CLI's environment, in which `PATH` is `path`.
    pub(crate) fn variables(
        &self,
        path: &OsStr,
        mode: PermissionMode,
    ) -> Vec<(OsString, OsString)> {
        match self {
            Self::Cli(policy) => vec![
                // Hides the CLI's login from its Bash commands.
                ("CLAUDE_CODE_SUBPROCESS_ENV_SCRUB".into(), "1".into()),
                ("PATH".into(), cli_settings::reachable(policy, path)),
            ],
            // Root's CLI ends at once in this mode, unless it knows that it is in bubblewrap.
            Self::Bwrap { .. } if mode == PermissionMode::BypassPermissions => {
                vec![("CLAUDE_CODE_BUBBLEWRAP".into(), "1".into())]
            }
            Self::Off | Self::Bwrap { .. } => Vec::new(),
        }
    }

    /// Whether sessions can reach the application's files through `folder`, a workspace that has a second use, although
    /// the sandbox should hide them. False without a sandbox, which hides nothing.
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

    /// The program to start for a CLI in `workspace`, whose path is canonical, and the arguments that come before the
    /// CLI's own. It must be able to read `files`, and works in `folders` too.
    pub(crate) fn wrap(
        &self,
        program: PathBuf,
        workspace: &Path,
        files: &[&Path],
        folders: &[PathBuf],
    ) -> io::Result<(PathBuf, Vec<OsString>)> {
        let Self::Bwrap { bwrap, policy } = self else {
            return Ok((program, Vec::new()));
        };
        let arguments = bubblewrap::wrap(policy, &program, workspace, files, folders)?;
        Ok((bwrap.clone(), arguments))
    }

    /// The same for a program that only reads the workspace: without the CLI's login and transcripts, and without a
    /// network unless it has one. `None` if this sandbox cannot do that.
    pub(crate) fn wrap_helper(
        &self,
        program: &Path,
        workspace: &Path,
        network: bool,
    ) -> io::Result<Option<(PathBuf, Vec<OsString>)>> {
        let Self::Bwrap { bwrap, policy } = self else {
            return Ok(None);
        };
        let arguments = bubblewrap::wrap_helper(policy, program, workspace, network)?;
        Ok(Some((bwrap.clone(), arguments)))
    }
}
