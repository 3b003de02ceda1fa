//! One question to the CLI that it answers at once, such as `--version`.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::{Environment, launch, locate, sandbox::Account};

/// How long the CLI may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it ended with exit code 0.
    pub succeeded: bool,
    /// What it printed, stdout first.
    pub output: String,
}

/// Runs the CLI, or what stands in its place or before it, in the environment and as the account that it has in a
/// channel, and waits for its end.
///
/// # Errors
///
/// As the system gives them; `TimedOut` after 20 s.
pub async fn ask(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    pass_env: &[String],
    account: Option<&Account>,
) -> io::Result<Answer> {
    let path = locate::extended_path(environment);
    let variables = launch::environment(
        environment,
        OsStr::new(&path),
        pass_env,
        Path::new("/"),
        "question",
    );
    #[expect(
        clippy::disallowed_methods,
        reason = "this room is the one that starts children"
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
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the CLI did not answer in 20 s"))??;
    let text = [output.stdout, output.stderr].concat();
    Ok(Answer {
        succeeded: output.status.success(),
        output: String::from_utf8_lossy(&text).into_owned(),
    })
}
