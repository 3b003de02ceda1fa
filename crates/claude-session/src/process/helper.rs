//! A program of the application's that reads a workspace, such as a transcriber.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use super::start::{Host, run_as};
use crate::locate;

/// What to run, and its bounds.
#[derive(Debug, Clone, Copy)]
pub struct Helper<'a> {
    /// The program, by name or path, and its arguments. No shell reads them.
    pub command: &'a [String],
    /// A path relative to the workspace: the last argument. Empty for the workspace itself.
    pub file: &'a str,
    /// The program can read it, and nothing else of the application's.
    pub workspace: &'a Path,
    /// Whether it can reach the network.
    pub network: bool,
    pub timeout: Duration,
    /// The most bytes of its output.
    pub most: u64,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// The command is empty, or there is no such program.
    #[error("the program is not found")]
    NotFound,
    /// The sandbox cannot confine it.
    #[error("it needs the sandbox level \"bwrap\": {0}")]
    Sandbox(String),
    #[error("it did not end within {0:?}")]
    TimedOut(Duration),
    #[error("it failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a helper in the sandbox, without input, without the CLI's login and with nothing of the application's environment
/// but the search path. Returns what it prints on stdout. It is killed when this is dropped.
pub async fn run_helper(host: &Host, helper: &Helper<'_>) -> Result<String, HelperError> {
    let path = locate::extended_path(&host.environment);
    // A relative folder would be one of the workspace, where anybody may put a program.
    let folders = env::split_paths(&path).filter(|folder| folder.is_absolute());
    let path = env::join_paths(folders).unwrap_or(path);
    let (name, arguments) = helper.command.split_first().ok_or(HelperError::NotFound)?;
    let program = which::which_in(name, Some(&path), helper.workspace);
    let program = program.map_err(|_| HelperError::NotFound)?;
    let sandbox = host
        .sandbox
        .as_ref()
        .map_err(|reason| HelperError::Sandbox(reason.clone()))?;
    let workspace = helper.workspace.canonicalize()?;
    let wrapped = sandbox.wrap_helper(&program, &workspace, helper.network)?;
    let (program, before): (PathBuf, Vec<OsString>) = match wrapped {
        Some(wrapped) => wrapped,
        None => {
            let level = format!("the level is \"{}\"", sandbox.level());
            return Err(HelperError::Sandbox(level));
        }
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "`process` is the one module that starts children"
    )]
    let mut command = Command::new(program);
    command
        .args(before)
        .args(arguments)
        .arg(workspace.join(helper.file))
        .env_clear()
        .env("PATH", &path)
        .env("HOME", "/tmp")
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    run_as(&mut command, host.account.as_ref());
    output(Group(command.spawn()?), helper).await
}

/// A child and what it has started, in a process group of their own, which is killed with this.
struct Group(Child);

impl Group {
    fn kill(&self) {
        // It has an id until its end is known.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(Pid::from_raw)
            && let Err(error) = kill_process_group(id, Signal::KILL)
        {
            tracing::debug!(%error, "a helper has ended by itself");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a child prints, as far as its bounds allow.
async fn output(mut group: Group, helper: &Helper<'_>) -> Result<String, HelperError> {
    let stdout = group.0.stdout.take().ok_or(HelperError::NotFound)?;
    let ended = async {
        let mut output = Vec::new();
        stdout.take(helper.most).read_to_end(&mut output).await?;
        // More would block it.
        let status = if output.len() as u64 == helper.most {
            group.kill();
            group.0.wait().await?;
            None
        } else {
            Some(group.0.wait().await?)
        };
        Ok::<_, io::Error>((output, status))
    };
    let (output, status) = tokio::time::timeout(helper.timeout, ended)
        .await
        .map_err(|_| HelperError::TimedOut(helper.timeout))??;
    match status {
        Some(status) if !status.success() => Err(HelperError::Failed(status.to_string())),
        _ => Ok(String::from_utf8_lossy(&output).into_owned()),
    }
}

#[cfg(test)]
mod tests;
