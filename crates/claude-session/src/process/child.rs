//! One living CLI process: its pipes, its end, and what it leaves behind.

use std::{
    ffi::OsString,
    future::pending,
    io::{self, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    process::Command,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{
    cgroup::{Cgroup, Cgroups},
    inner,
    ladder::{Ladder, Stop},
    pipes::{Written, drain, read, write},
    sweep,
};
use crate::{
    Environment,
    launch::{self, Spec},
    locate,
    pool::Permit,
    protocol::Event,
    sandbox::{Account, Sandbox},
};

/// How long stdout may stay open after the process has ended: a descendant may hold it.
const DRAIN: Duration = Duration::from_secs(1);

/// How many lines may wait for a process to read them. One that gets as far behind never will.
const UNREAD_LINES: usize = 256;

/// How many events may wait for their channel. The process waits then; together they are 8 MiB at most.
const UNHEARD_EVENTS: usize = 32;

/// What of the machine shapes every process.
#[derive(Debug, Clone)]
pub struct Host {
    /// The CLI, by name or path.
    pub bin: OsString,
    /// The bot's own environment, of which a part is handed on.
    pub environment: Environment,
    /// More names of it that the owner hands on.
    pub pass_env: Vec<String>,
    /// What marks all processes of this bot, over restarts.
    pub mark: String,
    /// Where each process gets a control group of its own, if it can have one.
    pub cgroups: Option<Cgroups>,
    /// The walls around it, or why there are none where there should be.
    pub sandbox: Result<Sandbox, String>,
    /// The account that it runs as, if not the bot's.
    pub account: Option<Account>,
    /// The folder whose folders that account is given to work in. Canonical.
    pub workspace_dir: PathBuf,
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CLI is not installed, or not where it was looked for.
    #[error(transparent)]
    NotFound(#[from] locate::NotFound),
    /// The workspace folder could not be made, or is nobody's that the CLI may work for.
    #[error("the workspace {path} cannot be used: {error}")]
    Workspace {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The system prompt is too long for an argument and its file could not be written.
    #[error("failed to hand over the system prompt: {0}")]
    Prompt(io::Error),
    /// The walls that the owner wants cannot be had, so nothing runs without them.
    #[error("{0}")]
    Sandbox(String),
    /// The system refused to start it.
    #[error("failed to start {path}: {error}")]
    Spawn {
        /// The program.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

/// What a process tells.
#[derive(Debug)]
pub enum Report {
    /// A message on stdout.
    Event(Event),
    /// The process has ended, is reaped, and nothing of it is left. The last report.
    Exited(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The end of what it wrote to stderr.
    pub stderr: String,
}

/// The handle of a living process. Dropping it ends the process in order.
#[derive(Debug)]
pub struct Process {
    pid: Option<u32>,
    input: mpsc::Sender<String>,
    stop: watch::Sender<Stop>,
}

impl Process {
    /// The process id, for the log and for `status`.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Writes one line to stdin, in order, without waiting. A line to a process that is gone is dropped: its
    /// [`Report::Exited`] tells of it. A process that does not read what it is sent is ended.
    pub fn send(&self, line: String) {
        match self.input.try_send(line) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => {
                tracing::debug!(pid = self.pid, "line for a process that no longer reads");
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(pid = self.pid, "the CLI does not read its input");
                self.stop();
            }
        }
    }

    /// Ends the process by the ladder; [`Report::Exited`] follows.
    pub fn stop(&self) {
        self.stop.send_if_modified(|stop| {
            let first = *stop == Stop::No;
            *stop = (*stop).max(Stop::InOrder);
            first
        });
    }

    /// Ends the process without waiting for it; [`Report::Exited`] follows.
    pub fn kill(&self) {
        self.stop.send_replace(Stop::Now);
    }
}

/// Starts a process. Its permit is given back when nothing of it is left.
///
/// # Errors
///
/// [`StartError`]; nothing has been started then.
pub fn start(
    host: &Host,
    spec: &Spec,
    permit: Permit,
) -> Result<(Process, mpsc::Receiver<Report>), StartError> {
    let program = locate::claude(&host.bin, &host.environment)?;
    let sandbox = host
        .sandbox
        .as_ref()
        .map_err(|reason| StartError::Sandbox(reason.clone()))?;
    let workspace = Account::workspace(host.account.as_ref(), &host.workspace_dir, &spec.workspace);
    let workspace = workspace.map_err(|error| StartError::Workspace {
        path: spec.workspace.clone(),
        error,
    })?;
    let prompt = prompt_file(&spec.system_prompt).map_err(StartError::Prompt)?;
    let prompt_path = prompt.as_ref().map(tempfile::NamedTempFile::path);
    if let (Some(account), Some(prompt)) = (&host.account, prompt_path) {
        account.give(prompt).map_err(StartError::Prompt)?;
    }
    let walled = sandbox.wall(&program, &workspace, prompt_path);
    let walled = walled.map_err(|error| StartError::Sandbox(error.to_string()))?;
    let is_walled = walled.is_some();
    let (program, before) = walled.map_or((program, Vec::new()), |walled| {
        (walled.program, walled.arguments)
    });
    let mark = format!("{}:{}", host.mark, uuid::Uuid::new_v4());
    let path = locate::extended_path(&host.environment);
    let mut environment =
        launch::environment(&host.environment, &path, &host.pass_env, &workspace, &mark);
    environment.extend(sandbox.variables(&path));
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts a child"
    )]
    let mut command = Command::new(&program);
    command
        .args(before)
        .args(launch::arguments(spec, prompt_path))
        .args(sandbox.more_arguments(&workspace, &spec.allowed_tools, &spec.extra_args))
        .env_clear()
        .envs(environment)
        .current_dir(&workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C on the bot's terminal is for the bot, which then ends its children in order.
        .process_group(0)
        .kill_on_drop(true);
    if let Some(account) = &host.account {
        // Its group alone: the standard library drops all others when root sets a user.
        command.uid(account.user).gid(account.group);
    }
    let mut child = sweep::while_starting(|| {
        let child = command.spawn()?;
        let pid = child.id();
        Ok((child, pid))
    })
    .map_err(|error| StartError::Spawn {
        path: program,
        error,
    })?;
    let pid = child.id();
    let since = sweep::begun(pid);
    let cgroup = host
        .cgroups
        .as_ref()
        .zip(pid)
        .and_then(|(cgroups, pid)| grouped(cgroups, &mark, pid));
    let (input, lines) = mpsc::channel(UNREAD_LINES);
    let (stop, stopping) = watch::channel(Stop::No);
    let (reports, receiver) = mpsc::channel(UNHEARD_EVENTS);
    let (close, closed) = watch::channel(false);
    let stdin = child
        .stdin
        .take()
        .map(|stdin| tokio::spawn(write(stdin, lines, closed)));
    let stdout = child
        .stdout
        .take()
        .map(|stdout| tokio::spawn(read(stdout, reports.clone(), pid)));
    let stderr = child
        .stderr
        .take()
        .map(|stderr| tokio::spawn(drain(stderr)));
    let ladder = Ladder {
        child,
        pid,
        is_wrapped: is_walled,
        cgroup,
        close,
    };
    let supervised = Supervised {
        ladder,
        mark,
        since,
        prompt,
        stdout,
        stderr,
        permit,
    };
    tokio::spawn(supervise(supervised, stdin, stopping, reports));
    Ok((Process { pid, input, stop }, receiver))
}

fn prompt_file(system_prompt: &str) -> io::Result<Option<tempfile::NamedTempFile>> {
    if !launch::needs_prompt_file(system_prompt) {
        return Ok(None);
    }
    let mut file = tempfile::Builder::new()
        .prefix("switchboard-prompt-")
        .tempfile()?;
    file.write_all(system_prompt.as_bytes())?;
    Ok(Some(file))
}

/// Puts a process that has just been started into a control group of its own; `None` where that fails. What it has
/// started in the meantime is found by its mark.
fn grouped(cgroups: &Cgroups, mark: &str, pid: u32) -> Option<Cgroup> {
    let grouped = cgroups.make(mark).and_then(|cgroup| {
        cgroup.take_in(pid)?;
        Ok(cgroup)
    });
    grouped
        .inspect_err(|error| tracing::warn!(%error, pid, "no control group for the CLI"))
        .ok()
}

struct Supervised {
    ladder: Ladder,
    mark: String,
    /// When it began.
    since: u64,
    prompt: Option<tempfile::NamedTempFile>,
    stdout: Option<JoinHandle<()>>,
    stderr: Option<JoinHandle<String>>,
    permit: Permit,
}

async fn supervise(
    mut process: Supervised,
    stdin: Option<JoinHandle<Written>>,
    mut stopping: watch::Receiver<Stop>,
    reports: mpsc::Sender<Report>,
) {
    let ladder = &mut process.ladder;
    let ended = tokio::select! {
        status = ladder.child.wait() => Some(status),
        // An error here means that the handle was dropped, which asks for the same.
        _ = stopping.wait_for(|stop| *stop != Stop::No) => None,
        () = stuck(stdin) => {
            tracing::warn!(pid = ladder.pid, "the CLI has stopped reading its input");
            None
        }
        () = fallen_silent(&mut process.stdout) => {
            tracing::warn!(pid = ladder.pid, "the CLI has closed its output and lives on");
            None
        }
    };
    let status = match ended {
        Some(status) => status,
        None => ladder.climb(&mut stopping).await,
    };
    let status = status.inspect_err(|error| {
        tracing::error!(%error, pid = ladder.pid, "failed to wait for the CLI");
    });
    finish(process, status.ok(), reports).await;
}

/// Resolves when stdout has been closed and the process has had time to end.
async fn fallen_silent(stdout: &mut Option<JoinHandle<()>>) {
    match stdout {
        Some(reading) => {
            if let Err(error) = reading.await {
                tracing::error!(%error, "reading the CLI's output failed");
            }
            // A handle that has resolved must not be asked again.
            *stdout = None;
            tokio::time::sleep(DRAIN).await;
        }
        None => pending().await,
    }
}

/// Resolves when a line could not be written in time; never, where all can.
async fn stuck(stdin: Option<JoinHandle<Written>>) {
    let written = match stdin {
        Some(stdin) => stdin.await.ok(),
        None => None,
    };
    if written != Some(Written::TooSlowly) {
        pending::<()>().await;
    }
}

/// After the process itself has ended: its output is read to the end, its descendants are ended, its permit is
/// given back, and only then is its end reported.
async fn finish(process: Supervised, status: Option<ExitStatus>, reports: mpsc::Sender<Report>) {
    let Supervised {
        ladder:
            Ladder {
                child,
                pid,
                is_wrapped,
                cgroup,
                close,
            },
        mark,
        since,
        prompt,
        mut stdout,
        stderr,
        permit,
    } = process;
    drop(child);
    sweep::forget(pid);
    close.send_replace(true);
    if let Some(reading) = stdout.as_mut()
        && timeout(DRAIN, reading).await.is_err()
    {
        tracing::debug!(pid, "a descendant holds the CLI's output open");
    }
    match tokio::task::spawn_blocking(move || end_rest(cgroup, &mark, since)).await {
        Ok(false) => {}
        Ok(true) => tracing::info!(pid, "ended processes that the CLI left behind"),
        Err(error) => tracing::error!(%error, pid, "the sweep for descendants failed"),
    }
    if let Some(reading) = stdout {
        reading.abort();
    }
    let stderr = match stderr {
        Some(reading) => timeout(DRAIN, reading).await.ok().and_then(Result::ok),
        None => None,
    };
    drop(prompt);
    drop(permit);
    let (code, signal) = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) if is_wrapped => inner::ending(code),
        Some((code, signal)) => (code, signal),
        None => (None, None),
    };
    let exit = Exit {
        code,
        signal,
        stderr: stderr.unwrap_or_default(),
    };
    if reports.send(Report::Exited(exit)).await.is_err() {
        tracing::debug!(pid, "nobody waits for this process's end");
    }
}

/// Ends what the process has left behind; whether there was anything.
fn end_rest(cgroup: Option<Cgroup>, mark: &str, since: u64) -> bool {
    let held = cgroup.is_some_and(|cgroup| {
        cgroup.end().unwrap_or_else(|error| {
            tracing::warn!(%error, "a control group of the CLI's could not be removed");
            false
        })
    });
    sweep::sweep(mark, since, 20) > 0 || held
}
