//! Finds the sandbox and the account for the processes of an application, and tries them on this machine.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::{Account, AccountError, Options, Policy, Sandbox, SandboxLevel};
use crate::{Environment, locate, process};

/// What every process of an application is started with.
#[derive(Debug, Clone)]
pub struct Confinement {
    /// The sandbox, or why no process may start.
    pub sandbox: Result<Sandbox, String>,
    /// The account that the CLI runs as, if it is not the application's.
    pub account: Option<Account>,
    /// The application's environment, adapted to that account.
    pub environment: Environment,
}

/// Why the sandbox cannot be set up as the options require.
#[derive(Debug, thiserror::Error)]
pub enum ConfinementError {
    /// The account cannot be used.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The account cannot enter the workspaces folder.
    #[error("{account} cannot reach {}: {error}. The account may not enter one of its parent folders", path.display())]
    Unreachable {
        account: String,
        path: PathBuf,
        error: io::Error,
    },
    /// One of [`Options::readable`] is missing or would show something private.
    #[error("{0}")]
    Readable(String),
    /// The same of [`Options::folders`].
    #[error("{0}")]
    Folder(String),
    /// The required level does not work.
    #[error("the sandbox \"{level}\" does not work on this machine: {reason}")]
    Unavailable { level: SandboxLevel, reason: String },
}

impl Confinement {
    /// A confinement in which no process starts, for this reason.
    pub fn refused(reason: String, own: &Environment) -> Self {
        Self {
            sandbox: Err(reason),
            account: None,
            environment: own.clone(),
        }
    }

    /// Tries the required level or, if none is required, the strongest first. The sandbox is never weaker than the options
    /// require. Also returns a description for the log.
    pub async fn set_up(
        options: &Options,
        own: &Environment,
    ) -> Result<(Self, String), ConfinementError> {
        let wanted = options.run_as.as_deref();
        let account = wanted.map(Account::find).transpose()?.flatten();
        let environment = match &account {
            Some(account) => account.environment(own),
            None => own.clone(),
        };
        let folder = &options.workspace_dir;
        if let Some(account) = &account
            && folder.exists()
        {
            Account::make_traversable(folder)
                .and_then(|()| account.with_its_rights(|| folder.join(".").metadata()))
                .map_err(|error| ConfinementError::Unreachable {
                    account: account.name.clone(),
                    path: folder.clone(),
                    error,
                })?;
        }
        let policy = Policy::new(options, &environment, account.as_ref());
        let mut readable = options.readable.iter();
        readable
            .try_for_each(|path| policy.check_readable(path))
            .map_err(ConfinementError::Readable)?;
        let mut folders = options.folders.iter();
        folders
            .try_for_each(|path| policy.check_readable(path))
            .map_err(ConfinementError::Folder)?;
        let trial = Trial {
            options,
            environment: &environment,
            policy,
        };
        let (sandbox, description) = trial.choose().await?;
        let confinement = Self {
            sandbox: Ok(sandbox),
            account,
            environment,
        };
        Ok((confinement, description))
    }
}

struct Trial<'a> {
    options: &'a Options,
    environment: &'a Environment,
    policy: Policy,
}

impl Trial<'_> {
    async fn choose(&self) -> Result<(Sandbox, String), ConfinementError> {
        if let Some(level) = self.options.level {
            return match self.try_level(level).await {
                Ok(sandbox) => Ok(self.describe(sandbox, Vec::new())),
                Err(reason) => Err(ConfinementError::Unavailable { level, reason }),
            };
        }
        let mut notes = Vec::new();
        for level in [SandboxLevel::Bwrap, SandboxLevel::Cli] {
            match self.try_level(level).await {
                Ok(sandbox) => return Ok(self.describe(sandbox, notes)),
                Err(reason) => notes.push(format!("not \"{level}\": {reason}")),
            }
        }
        Ok(self.describe(Sandbox::Off, notes))
    }

    /// Describes a sandbox, with notes on why no stronger one works.
    fn describe(&self, sandbox: Sandbox, mut notes: Vec<String>) -> (Sandbox, String) {
        let what = match sandbox.level() {
            SandboxLevel::Bwrap => "the whole CLI runs inside bubblewrap",
            SandboxLevel::Cli => "Bash commands run in the CLI's own sandbox, other tools do not",
            SandboxLevel::Off => "none: the CLI's tools can read whatever their account can",
        };
        notes.insert(0, what.to_owned());
        if let Some(account) = &self.policy.account {
            notes.push(format!("the CLI runs as {}", account.name));
        }
        (sandbox, notes.join("; "))
    }

    async fn try_level(&self, level: SandboxLevel) -> Result<Sandbox, String> {
        let policy = self.policy.clone();
        match level {
            SandboxLevel::Off => Ok(Sandbox::Off),
            SandboxLevel::Cli => {
                let mut arguments = self.options.extra_args.iter();
                if arguments.any(|argument| argument.starts_with("--settings")) {
                    return Err(
                        "the extra arguments have `--settings`, which this level needs".into(),
                    );
                }
                self.find("socat", "socat")?;
                // Only the namespaces, as the CLI's own sandbox uses them.
                let bwrap = self.find("bwrap", "bubblewrap")?;
                let arguments = "--unshare-pid --unshare-net --ro-bind / / --proc /proc -- true";
                let arguments: Vec<_> = arguments.split(' ').map(OsString::from).collect();
                self.run(&bwrap, &arguments).await?;
                Ok(Sandbox::Cli(policy))
            }
            SandboxLevel::Bwrap => {
                let bwrap = self.find("bwrap", "bubblewrap")?;
                let sandbox = Sandbox::Bwrap { bwrap, policy };
                self.try_wrapped(&sandbox).await?;
                Ok(sandbox)
            }
        }
    }

    fn find(&self, program: &str, package: &str) -> Result<PathBuf, String> {
        let path = locate::extended_path(self.environment);
        which::which_in(program, Some(path), "/")
            .map_err(|_| format!("{program} is not installed (package {package})"))
    }

    /// Tries the sandbox of a session, around the CLI if that is installed.
    async fn try_wrapped(&self, sandbox: &Sandbox) -> Result<(), String> {
        let failed = |error: io::Error| error.to_string();
        let program = locate::claude(&self.options.bin, self.environment);
        let program = program.unwrap_or_else(|_| "/bin/true".into());
        let workspace = tempfile::tempdir().map_err(failed)?;
        if let Some(account) = &self.policy.account {
            account.give(workspace.path()).map_err(failed)?;
        }
        let inside = workspace.path().canonicalize().map_err(failed)?;
        let (program, mut arguments) = sandbox.wrap(program, &inside, &[], &[]).map_err(failed)?;
        arguments.push("--version".into());
        let tried = self.run(&program, &arguments).await;
        // No session ran there.
        if let Some(transcripts) = self.policy.transcripts(&inside)
            && let Err(error) = std::fs::remove_dir(transcripts)
        {
            tracing::debug!(%error, "failed to remove the transcripts folder of a trial");
        }
        tried
    }

    async fn run(&self, program: &Path, arguments: &[OsString]) -> Result<(), String> {
        let pass_env = &self.options.pass_env;
        let account = self.policy.account.as_ref();
        let answer = process::probe(program, arguments, self.environment, pass_env, account).await;
        match answer {
            Ok(answer) if answer.succeeded => Ok(()),
            Ok(answer) => {
                let mut lines = answer.output.lines();
                let line = lines.find(|line| !line.trim().is_empty());
                Err(line.unwrap_or("it failed without a message").to_owned())
            }
            Err(error) => Err(format!("{}: {error}", program.display())),
        }
    }
}
