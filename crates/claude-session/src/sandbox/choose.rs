//! Which walls hold on this machine: the strongest that were tried and found to work.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    Options, SandboxLevel,
    settings::is_settings,
    surroundings::{Sandbox, Surroundings},
};
use crate::{Environment, locate, process, sandbox::Account};

/// The walls that were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// They.
    pub sandbox: Sandbox,
    /// Why a stronger kind was not taken, if one was tried.
    pub notes: Vec<String>,
}

/// Why the walls that the owner asked for cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox \"{level}\" does not work here: {reason}")]
pub struct Refused {
    /// What was asked for.
    pub level: SandboxLevel,
    /// What is missing.
    pub reason: String,
}

/// Tries the walls that the owner asked for, or else the strongest first.
///
/// # Errors
///
/// [`Refused`], if the owner asked for walls that cannot be had: never weaker ones than were asked for.
pub async fn choose(
    options: &Options,
    environment: &Environment,
    account: Option<&Account>,
) -> Result<Chosen, Refused> {
    let trial = Trial {
        options,
        environment,
        account,
    };
    if let Some(level) = options.level {
        let sandbox = trial.try_level(level).await;
        return match sandbox {
            Ok(sandbox) => Ok(Chosen {
                sandbox,
                notes: Vec::new(),
            }),
            Err(reason) => Err(Refused { level, reason }),
        };
    }
    let mut notes = Vec::new();
    for level in [SandboxLevel::Bwrap, SandboxLevel::Cli] {
        match trial.try_level(level).await {
            Ok(sandbox) => return Ok(Chosen { sandbox, notes }),
            Err(reason) => notes.push(format!("not \"{level}\": {reason}")),
        }
    }
    Ok(Chosen {
        sandbox: Sandbox::Off,
        notes,
    })
}

struct Trial<'a> {
    options: &'a Options,
    environment: &'a Environment,
    account: Option<&'a Account>,
}

impl Trial<'_> {
    async fn try_level(&self, level: SandboxLevel) -> Result<Sandbox, String> {
        let around = || Surroundings::new(self.options, self.environment, self.account);
        match level {
            SandboxLevel::Off => Ok(Sandbox::Off),
            SandboxLevel::Cli => {
                let mut own = self.options.extra_args.iter();
                if own.any(|argument| is_settings(argument)) {
                    return Err(
                        "the extra arguments hold `--settings`, which this sandbox needs for itself"
                            .into(),
                    );
                }
                self.find("socat")?;
                self.try_bare().await?;
                Ok(Sandbox::Cli(around()))
            }
            SandboxLevel::Bwrap => {
                let bwrap = self.find("bwrap")?;
                let sandbox = Sandbox::Bwrap {
                    bwrap,
                    around: around(),
                };
                self.try_walls(&sandbox).await?;
                Ok(sandbox)
            }
        }
    }

    fn find(&self, program: &str) -> Result<PathBuf, String> {
        let package = if program == "bwrap" {
            "bubblewrap"
        } else {
            program
        };
        let path = locate::extended_path(self.environment);
        which::which_in(program, Some(path), "/")
            .map_err(|_| format!("{program} is not installed (package {package})"))
    }

    /// The namespaces alone, as the CLI's own sandbox needs them.
    async fn try_bare(&self) -> Result<(), String> {
        let bwrap = self.find("bwrap")?;
        let arguments = ["--unshare-pid", "--unshare-net", "--ro-bind", "/", "/"];
        let arguments = arguments.iter().chain(&["--proc", "/proc", "--", "true"]);
        let arguments: Vec<OsString> = arguments.map(OsString::from).collect();
        self.run(&bwrap, &arguments).await
    }

    /// The very walls that a channel gets, around the CLI if there is one.
    async fn try_walls(&self, sandbox: &Sandbox) -> Result<(), String> {
        let failed = |error: std::io::Error| error.to_string();
        let program = locate::claude(&self.options.bin, self.environment);
        let program = program.unwrap_or_else(|_| "/bin/true".into());
        let workspace = tempfile::tempdir().map_err(failed)?;
        if let Some(account) = self.account {
            account.give(workspace.path()).map_err(failed)?;
        }
        let inside = workspace.path().canonicalize().map_err(failed)?;
        let walled = sandbox.wall(&program, &inside, None).map_err(failed)?;
        let Some(walled) = walled else { return Ok(()) };
        let mut arguments = walled.arguments;
        arguments.push("--version".into());
        let tried = self.run(&walled.program, &arguments).await;
        if let Sandbox::Bwrap { around, .. } = sandbox {
            around.forget(&inside);
        }
        tried
    }

    async fn run(&self, program: &Path, arguments: &[OsString]) -> Result<(), String> {
        let pass_env = &self.options.pass_env;
        let asked =
            process::ask(program, arguments, self.environment, pass_env, self.account).await;
        match asked {
            Ok(answer) if answer.succeeded => Ok(()),
            Ok(answer) => Err(first_line(&answer.output)),
            Err(error) => Err(format!("{}: {error}", program.display())),
        }
    }
}

fn first_line(output: &str) -> String {
    let line = output.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or("it failed without a word").to_owned()
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.sandbox.level() {
            SandboxLevel::Bwrap => "the whole CLI runs inside bubblewrap",
            SandboxLevel::Cli => {
                "Bash commands run in the CLI's own sandbox, its other tools do not"
            }
            SandboxLevel::Off => "none: the CLI's tools can read whatever the bot's account can",
        };
        write!(f, "{what}")?;
        for note in &self.notes {
            write!(f, "; {note}")?;
        }
        Ok(())
    }
}
