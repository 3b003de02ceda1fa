//! Starting a process.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::Stdio,
};

use tempfile::NamedTempFile;
use tokio::{
    process::Command,
    sync::{mpsc, watch},
};

use super::{
    cgroup::{Cgroup, Cgroups},
    pipes::{drain, read, write},
    reports::{Reports, queue},
    supervisor::{Supervised, supervise},
    sweep,
    termination::{Termination, Terminator},
};
use crate::{
    Environment,
    launch::{self, Spec},
    locate,
    observer::{Observers, Subject},
    pool::Permit,
    protocol::SessionRequest,
    sandbox::{Account, Sandbox},
};

/// How many lines may wait for a process to read them. One that falls further behind is ended.
const MAX_UNREAD_LINES: usize = 256;

/// What all processes of an application have in common.
#[derive(Debug, Clone)]
pub struct Host {
    /// The CLI, by name or path.
    pub bin: OsString,
    /// The application's own environment, of which a part is passed on (see [`launch::PASSED`]).
    pub environment: Environment,
    /// Names of further variables to be passed on.
    pub pass_env: Vec<String>,
    /// An id of the application's installation, the same after a restart: what a killed application left behind is
    /// found by it.
    pub instance: String,
    /// Where each process gets a control group of its own, if it can have one.
    pub cgroups: Option<Cgroups>,
    /// The sandbox around it, or why there is none although there should be.
    pub sandbox: Result<Sandbox, String>,
    /// The account that it runs as, if not the application's.
    pub account: Option<Account>,
    /// The folder whose folders that account is given to work in. Canonical.
    pub workspace_dir: PathBuf,
    /// Who sees all lines.
    pub observers: Observers,
}

impl Host {
    /// A host for the CLI in `PATH`, without sandbox and control groups.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self {
            bin: "claude".into(),
            environment,
            pass_env: Vec::new(),
            instance: uuid::Uuid::new_v4().to_string(),
            cgroups: None,
            sandbox: Ok(Sandbox::Off),
            account: None,
            workspace_dir: PathBuf::from("/"),
            observers: Observers::default(),
        }
    }
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CLI is not installed, or not where it was looked for.
    #[error(transparent)]
    NotFound(#[from] locate::NotFound),
    /// The workspace folder could not be created, or belongs to nobody that the CLI may work for.
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
    /// The required sandbox does not work, and nothing runs without it.
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

/// The handle of a living process. Dropping it ends the process gracefully.
#[derive(Debug)]
pub struct Process {
    pid: Option<u32>,
    input: mpsc::Sender<String>,
    termination: watch::Sender<Termination>,
}

impl Process {
    /// The process id.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Writes one line to stdin, in order, without waiting. A line to a process that is gone is dropped:
    /// [`Report::Exited`](super::Report::Exited) follows. A process that does not read what it is sent is ended.
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

    /// Sends a request: see [`Process::send`].
    pub fn request(&self, request: &SessionRequest) {
        self.send(request.line());
    }

    /// Ends the process gracefully: end of input, SIGINT, SIGTERM, SIGKILL, each after the one before was given some
    /// seconds. [`Report::Exited`](super::Report::Exited) follows.
    pub fn stop(&self) {
        self.termination.send_if_modified(|termination| {
            let first = *termination == Termination::None;
            *termination = (*termination).max(Termination::Graceful);
            first
        });
    }

    /// Ends the process within half a second; [`Report::Exited`](super::Report::Exited) follows.
    pub fn kill(&self) {
        self.termination.send_replace(Termination::Immediate);
    }
}

/// Starts a process. Its permit is given back when nothing of it is left. Needs a tokio runtime.
///
/// # Errors
///
/// [`StartError`]; nothing has been started then.
pub fn start(host: &Host, spec: &Spec, permit: Permit) -> Result<(Process, Reports), StartError> {
    let Prepared {
        mut command,
        program,
        prompt,
        tag,
        is_wrapped,
    } = prepare(host, spec)?;
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
    let since = sweep::started_at(pid);
    let cgroup = host
        .cgroups
        .as_ref()
        .zip(pid)
        .and_then(|(cgroups, pid)| put_into_cgroup(cgroups, &tag, pid));
    let (input, lines) = mpsc::channel(MAX_UNREAD_LINES);
    let (termination, requested) = watch::channel(Termination::None);
    let (reporter, reports) = queue();
    let (close, closed) = watch::channel(false);
    let subject = Subject::new(&host.observers, spec.start.session_id(), pid);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let stdin = stdin.map(|stdin| tokio::spawn(write(stdin, lines, closed, subject.clone())));
    let stdout =
        stdout.map(|stdout| tokio::spawn(read(stdout, reporter.clone(), subject.clone(), pid)));
    let stderr = stderr.map(|stderr| tokio::spawn(drain(stderr)));
    let supervised = Supervised {
        terminator: Terminator {
            child,
            pid,
            is_wrapped,
            cgroup,
            close,
        },
        tag,
        since,
        prompt,
        stdout,
        stderr,
        permit,
        subject,
    };
    tokio::spawn(supervise(supervised, stdin, requested, reporter));
    let process = Process {
        pid,
        input,
        termination,
    };
    Ok((process, reports))
}

/// A process that can be spawned.
struct Prepared {
    command: Command,
    program: PathBuf,
    /// The system prompt's file, to be kept for as long as the process lives.
    prompt: Option<NamedTempFile>,
    tag: String,
    is_wrapped: bool,
}

fn prepare(host: &Host, spec: &Spec) -> Result<Prepared, StartError> {
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
    let prompt_path = prompt.as_ref().map(NamedTempFile::path);
    if let (Some(account), Some(prompt)) = (&host.account, prompt_path) {
        account.give(prompt).map_err(StartError::Prompt)?;
    }
    let wrapped = sandbox.wrap(&program, &workspace, prompt_path);
    let wrapped = wrapped.map_err(|error| StartError::Sandbox(error.to_string()))?;
    let is_wrapped = wrapped.is_some();
    let (program, before) = wrapped.map_or((program, Vec::new()), |wrapped| {
        (wrapped.program, wrapped.arguments)
    });
    let tag = format!("{}:{}", host.instance, uuid::Uuid::new_v4());
    let path = locate::extended_path(&host.environment);
    let mut environment =
        launch::environment(&host.environment, &path, &host.pass_env, &workspace, &tag);
    environment.extend(sandbox.variables(&path));
    #[expect(
        clippy::disallowed_methods,
        reason = "`process` is the one module that starts children"
    )]
    let mut command = Command::new(&program);
    command
        .args(before)
        .args(launch::arguments(spec, prompt_path))
        .args(sandbox.cli_arguments(&workspace, &spec.allowed_tools, &spec.extra_args))
        .env_clear()
        .envs(environment)
        .current_dir(&workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C on the terminal is for the application, which then ends its children in order.
        .process_group(0)
        .kill_on_drop(true);
    if let Some(account) = &host.account {
        // Its group alone: the standard library drops all others when root sets a user.
        command.uid(account.user).gid(account.group);
    }
    Ok(Prepared {
        command,
        program,
        prompt,
        tag,
        is_wrapped,
    })
}

fn prompt_file(system_prompt: &str) -> io::Result<Option<NamedTempFile>> {
    if !launch::needs_prompt_file(system_prompt) {
        return Ok(None);
    }
    let mut file = tempfile::Builder::new()
        .prefix("claude-session-prompt-")
        .tempfile()?;
    file.write_all(system_prompt.as_bytes())?;
    Ok(Some(file))
}

/// Puts a process that has just been started into a control group of its own; `None` if that fails. What it has started
/// in the meantime is found by its tag.
fn put_into_cgroup(cgroups: &Cgroups, tag: &str, pid: u32) -> Option<Cgroup> {
    let cgroup = cgroups.make(tag).and_then(|cgroup| {
        cgroup.add(pid)?;
        Ok(cgroup)
    });
    cgroup
        .inspect_err(|error| tracing::warn!(%error, pid, "no control group for the CLI"))
        .ok()
}
