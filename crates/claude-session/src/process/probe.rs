//! A short-lived run of the CLI, such as `--version`, or of a tool of the machine's.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use super::start::run_as;
use crate::{Environment, launch, locate, sandbox::Account};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The result of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeOutput {
    /// Whether the exit code was 0.
    pub succeeded: bool,
    /// What it printed, stdout first.
    pub output: String,
}

/// Runs the CLI, or a program in its place, with these arguments and without input, and waits for its end. It gets the
/// environment and the account of a session. `TimedOut` after 20 s.
pub async fn probe(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    pass_env: &[String],
    account: Option<&Account>,
) -> io::Result<ProbeOutput> {
    run(TIMEOUT, program, arguments, environment, pass_env, account).await
}

/// Runs a program other than the CLI, such as npm, in the same way. It gets none of the CLI's logins.
pub async fn run_tool(
    timeout: Duration,
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    pass_env: &[String],
) -> io::Result<ProbeOutput> {
    let variables = environment.iter();
    let environment = variables
        .filter(|(name, _)| !launch::LOGINS.contains(name))
        .collect();
    run(timeout, program, arguments, &environment, pass_env, None).await
}

async fn run(
    timeout: Duration,
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    pass_env: &[String],
    account: Option<&Account>,
) -> io::Result<ProbeOutput> {
    let path = locate::extended_path(environment);
    let variables = launch::environment(environment, &path, pass_env, Path::new("/"), "probe");
    #[expect(
        clippy::disallowed_methods,
        reason = "`process` is the one module that starts children"
    )]
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables)
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    run_as(&mut command, account);
    let output = tokio::time::timeout(timeout, command.output())
        .await
        .map_err(|_| {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer in {} s", timeout.as_secs()),
            )
        })??;
    let text = [output.stdout, output.stderr].concat();
    Ok(ProbeOutput {
        succeeded: output.status.success(),
        output: String::from_utf8_lossy(&text).into_owned(),
    })
}

#[cfg(test)]
mod tests;
