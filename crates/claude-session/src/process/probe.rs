//! A short-lived run of the CLI, such as `--version`.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::{Environment, launch, locate, sandbox::Account};

/// How long the CLI may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeOutput {
    /// Whether it ended with exit code 0.
    pub succeeded: bool,
    /// What it printed, stdout first.
    pub output: String,
}

/// Runs the CLI, or a program in its place, with these arguments and without input, in the environment and as the
/// account that it has in a session, and waits for its end.
///
/// # Errors
///
/// As the system gives them; `TimedOut` after 20 s.
pub async fn probe(
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
    if let Some(account) = account {
        // Its group alone: the standard library drops all others when root sets a user.
        command.uid(account.user).gid(account.group);
    }
    let output = tokio::time::timeout(TIMEOUT, command.output())
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the CLI did not answer in 20 s"))??;
    let text = [output.stdout, output.stderr].concat();
    Ok(ProbeOutput {
        succeeded: output.status.success(),
        output: String::from_utf8_lossy(&text).into_owned(),
    })
}
