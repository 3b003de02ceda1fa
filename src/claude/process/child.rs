//! One living CLI process: its pipes, its end, and what it leaves behind.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::{Child, Command},
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{
    inner,
    pipes::{drain, read, write},
    sweep,
};
use crate::{
    claude::{
        launch::{self, Spec},
        pool::Permit,
        protocol::Event,
        sandbox::{Account, Sandbox},
    },
    config::{Environment, locate},
};

/// How long stdout may stay open after the process has ended: a descendant may hold it.
const DRAIN: Duration = Duration::from_secs(1);

/// The steps by which a process is ended and how long each may take. A tool that runs keeps the CLI from leaving
/// at the end of its input, and its background shells get 5 s (measured on 2.1.197).
const LADDER: [(Step, Duration); 3] = [
    (Step::CloseInput, Duration::from_secs(6)),
    (Step::Signal(Signal::INT), Duration::from_secs(2)),
    (Step::Signal(Signal::TERM), Duration::from_secs(3)),
];

/// The end of every ladder, and all of one for which there is no time. Measured: an idle CLI needs 40 ms to end upon
/// SIGTERM, one whose tool runs 170 ms; killed, it may lose what it has not yet written to its transcript.
const SHORT_LADDER: [(Step, Duration); 2] = [
    (Step::Signal(Signal::TERM), Duration::from_millis(500)),
    (Step::KillGroup, Duration::from_secs(5)),
];

#[derive(Debug, Clone, Copy)]
enum Step {
    CloseInput,
    Signal(Signal),
    KillGroup,
}

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
    /// The walls around it, or why there are none where there should be.
    pub sandbox: Result<Sandbox, String>,
    /// The account that it runs as, if not the bot's.
    pub account: Option<Account>,
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CLI is not installed, or not where it was looked for.
    #[error(transparent)]
    NotFound(#[from] locate::NotFound),
    /// The workspace folder could not be made.
    #[error("failed to create the workspace {path}: {error}")]
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

/// How a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    InOrder,
    Now,
}

/// The handle of a living process. Dropping it ends the process in order.
#[derive(Debug)]
pub struct Process {
    pid: Option<u32>,
    input: mpsc::UnboundedSender<String>,
    stop: watch::Sender<Stop>,
}

impl Process {
    /// The process id, for the log and for `status`.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Writes one line to stdin, in order, without waiting. A line to a process that is gone is dropped: its
    /// [`Report::Exited`] tells of it.
    pub fn send(&self, line: String) {
        if self.input.send(line).is_err() {
            tracing::debug!(pid = self.pid, "line for a process that no longer reads");
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
    let workspace =
        crate::files::create_folder(&spec.workspace).map_err(|error| StartError::Workspace {
            path: spec.workspace.clone(),
            error,
        })?;
    let prompt = prompt_file(&spec.system_prompt).map_err(StartError::Prompt)?;
    let prompt_path = prompt.as_ref().map(tempfile::NamedTempFile::path);
    if let Some(account) = &host.account {
        let given = account.take_over(&workspace, prompt_path);
        given.map_err(|error| StartError::Workspace {
            path: workspace.clone(),
            error,
        })?;
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
        .args(sandbox.more_arguments(&workspace))
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
    let (input, lines) = mpsc::unbounded_channel();
    let (stop, stopping) = watch::channel(Stop::No);
    let (reports, receiver) = mpsc::channel(256);
    let (close, closed) = watch::channel(false);
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(write(stdin, lines, closed));
    }
    let stdout = child
        .stdout
        .take()
        .map(|stdout| tokio::spawn(read(stdout, reports.clone(), pid)));
    let stderr = child
        .stderr
        .take()
        .map(|stderr| tokio::spawn(drain(stderr)));
    let supervised = Supervised {
        child,
        pid,
        is_walled,
        mark,
        prompt,
        close,
        stdout,
        stderr,
        permit,
    };
    tokio::spawn(supervise(supervised, stopping, reports));
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

struct Supervised {
    child: Child,
    pid: Option<u32>,
    /// Whether it is bubblewrap, with the CLI inside.
    is_walled: bool,
    mark: String,
    prompt: Option<tempfile::NamedTempFile>,
    close: watch::Sender<bool>,
    stdout: Option<JoinHandle<()>>,
    stderr: Option<JoinHandle<String>>,
    permit: Permit,
}

async fn supervise(
    mut process: Supervised,
    mut stopping: watch::Receiver<Stop>,
    reports: mpsc::Sender<Report>,
) {
    let ended = tokio::select! {
        status = process.child.wait() => Some(status),
        // An error here means that the handle was dropped, which asks for the same.
        _ = stopping.wait_for(|stop| *stop != Stop::No) => None,
    };
    let status = match ended {
        Some(status) => status,
        None => climb(&mut process, &mut stopping).await,
    };
    let status = status.inspect_err(|error| {
        tracing::error!(%error, pid = process.pid, "failed to wait for the CLI");
    });
    finish(process, status.ok(), reports).await;
}

/// Ends the process step by step. When it is to end now, a signal that lets it write down its transcript comes
/// before the one that does not.
async fn climb(
    process: &mut Supervised,
    stopping: &mut watch::Receiver<Stop>,
) -> io::Result<ExitStatus> {
    for (step, patience) in LADDER {
        if *stopping.borrow() == Stop::Now {
            break;
        }
        process.take(step);
        tokio::select! {
            status = process.child.wait() => return status,
            () = tokio::time::sleep(patience) => {}
            Ok(()) = hurry(stopping) => {}
        }
        tracing::debug!(pid = process.pid, ?step, "the CLI is still there");
    }
    for (step, patience) in SHORT_LADDER {
        process.take(step);
        tokio::select! {
            status = process.child.wait() => return status,
            () = tokio::time::sleep(patience) => {}
        }
    }
    process.child.wait().await
}

async fn hurry(stopping: &mut watch::Receiver<Stop>) -> Result<(), watch::error::RecvError> {
    stopping
        .wait_for(|stop| *stop == Stop::Now)
        .await
        .map(|_| ())
}

impl Supervised {
    fn take(&self, step: Step) {
        let pid = self
            .pid
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw);
        let sent = match (step, pid) {
            (Step::CloseInput, _) => {
                self.close.send_replace(true);
                Ok(())
            }
            // Bubblewrap would die of it, and take the CLI along before that has written its transcript.
            (Step::Signal(signal), Some(pid)) if self.is_walled => {
                kill_process(inner::cli(pid).unwrap_or(pid), signal)
            }
            (Step::Signal(signal), Some(pid)) => kill_process(pid, signal),
            (Step::KillGroup, Some(pid)) => {
                kill_process_group(pid, Signal::KILL).or_else(|_| kill_process(pid, Signal::KILL))
            }
            (_, None) => Ok(()),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, pid = self.pid, ?step, "the CLI could not be signalled");
        }
    }
}

/// After the process itself has ended: its output is read to the end, its descendants are ended, its permit is
/// given back, and only then is its end reported.
async fn finish(process: Supervised, status: Option<ExitStatus>, reports: mpsc::Sender<Report>) {
    let Supervised {
        pid,
        mark,
        prompt,
        close,
        mut stdout,
        stderr,
        permit,
        child,
        is_walled,
    } = process;
    drop(child);
    sweep::forget(pid);
    close.send_replace(true);
    if let Some(reading) = stdout.as_mut()
        && timeout(DRAIN, reading).await.is_err()
    {
        tracing::debug!(pid, "a descendant holds the CLI's output open");
    }
    match tokio::task::spawn_blocking(move || sweep::sweep(&mark, 20)).await {
        Ok(0) => {}
        Ok(killed) => tracing::info!(pid, killed, "ended processes that the CLI left behind"),
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
        Some((Some(code), _)) if is_walled => inner::ending(code),
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
