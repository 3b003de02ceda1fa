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
    cgroup::Cgroups,
    pipes::{drain, read, write},
    reports::{Reports, queue},
    supervisor::{Supervised, Termination},
    sweep,
};
use crate::{
    Environment, SandboxLevel,
    launch::{self, Spec},
    locate,
    observer::{Observers, Subject},
    pool::Permit,
    protocol::SessionRequest,
    sandbox::{Account, CliOptions, Sandbox},
};

/// How many lines may wait for a process to read them. A process that falls further behind is ended.
const MAX_UNREAD_LINES: usize = 256;

/// What all processes of an application share.
#[derive(Debug, Clone)]
pub struct Host {
    /// The CLI, by name or path.
    pub bin: OsString,
    /// The application's own environment; a part of it is passed on (see [`launch::PASSED`]).
    pub environment: Environment,
    /// Names of further variables to pass on.
    pub pass_env: Vec<String>,
    /// An id of the application's installation that survives a restart, so that the next run finds what a killed one
    /// left behind.
    pub instance: String,
    /// Where each process gets a control group of its own, if the machine allows it.
    pub cgroups: Option<Cgroups>,
    /// The sandbox around the CLI, or why nothing may start.
    pub sandbox: Result<Sandbox, String>,
    /// The account that the CLI runs as, if it is not the application's.
    pub account: Option<Account>,
    /// The folder whose subfolders are given to that account as workspaces. Canonical.
    pub workspace_dir: PathBuf,
    pub observers: Observers,
}

impl Host {
    /// A host for the CLI in `PATH`, without sandbox and control groups.
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

impl Host {
    /// The same without observers, for whoever outlives them: they wait until nobody reports to them any more.
    pub fn unobserved(&self) -> Self {
        Self {
            observers: Observers::default(),
            ..self.clone()
        }
    }
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CLI is not installed, or not where it was looked for.
    #[error(transparent)]
    NotFound(#[from] locate::NotFound),
    /// The workspace could not be created, or belongs to an account that the CLI may not work for.
    #[error("the workspace {path} cannot be used: {error}")]
    Workspace { path: PathBuf, error: io::Error },
    /// The system prompt is too long for an argument and its file could not be written.
    #[error("failed to write the system prompt to a file: {0}")]
    Prompt(io::Error),
    /// The file with the MCP servers could not be written.
    #[error("failed to write the MCP servers to a file: {0}")]
    McpConfig(io::Error),
    /// The file with the CLI's settings could not be written.
    #[error("failed to write the CLI's settings to a file: {0}")]
    Settings(io::Error),
    /// The required sandbox does not work, and nothing runs without it.
    #[error("{0}")]
    Sandbox(String),
    /// The system did not start the CLI.
    #[error("failed to start {path}: {error}")]
    Spawn { path: PathBuf, error: io::Error },
}

/// A handle to a running process. Dropping it ends the process gracefully.
#[derive(Debug)]
pub struct Process {
    pid: i32,
    /// The program itself, behind all links.
    program: PathBuf,
    input: mpsc::Sender<String>,
    termination: watch::Sender<Termination>,
}

impl Process {
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether its program was deleted and another one is found in its place, as after an update.
    pub fn is_outdated(&self, host: &Host) -> bool {
        !self.program.exists() && locate::claude(&host.bin, &host.environment).is_ok()
    }

    /// Queues one line for stdin. A line to a process that is gone is dropped, and
    /// [`Report::Exited`](super::Report::Exited) follows. A process that does not read its input is ended.
    pub fn send(&self, line: String) {
        match self.input.try_send(line) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => {
                tracing::debug!(
                    pid = self.pid,
                    "dropped a line for a process that no longer reads"
                );
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(pid = self.pid, "the CLI does not read its input; ending it");
                self.stop();
            }
        }
    }

    /// Sends a request: see [`Process::send`].
    pub fn request(&self, request: &SessionRequest) {
        self.send(request.line());
    }

    /// Ends the process gracefully: end of input, SIGINT, SIGTERM, SIGKILL, each some seconds after the one before.
    /// [`Report::Exited`](super::Report::Exited) follows.
    pub fn stop(&self) {
        self.termination.send_if_modified(|termination| {
            let is_first = *termination == Termination::None;
            if is_first {
                *termination = Termination::Graceful;
            }
            is_first
        });
    }

    /// Ends the process within half a second; [`Report::Exited`](super::Report::Exited) follows.
    pub fn kill(&self) {
        self.termination.send_replace(Termination::Immediate);
    }
}

/// Starts a process, which holds its permit until nothing of it is left. Must be called in a tokio runtime. After an error
/// nothing is running.
pub fn start(host: &Host, spec: &Spec, permit: Permit) -> Result<(Process, Reports), StartError> {
    let program = locate::claude(&host.bin, &host.environment)?;
    let installed = program.canonicalize().unwrap_or_else(|_| program.clone());
    let sandbox = host.sandbox.as_ref();
    let sandbox = sandbox.map_err(|reason| StartError::Sandbox(reason.clone()))?;
    let account = host.account.as_ref();
    let workspace = Account::workspace(account, &host.workspace_dir, &spec.workspace);
    let workspace = workspace.map_err(|error| StartError::Workspace {
        path: spec.workspace.clone(),
        error,
    })?;
    let prompt = prompt_file(spec, account).map_err(StartError::Prompt)?;
    let servers = spec.mcp_config.as_deref();
    let servers = servers.map(|config| private_file("mcp", config, account));
    let servers = servers.transpose().map_err(StartError::McpConfig)?;
    let options = sandbox.cli_options(&workspace, spec);
    let settings = settings_file(spec, &options, account).map_err(StartError::Settings)?;
    let prompt_path = prompt.as_ref().map(NamedTempFile::path);
    let servers_path = servers.as_ref().map(NamedTempFile::path);
    let settings_path = settings.as_ref().map(NamedTempFile::path);
    let paths = [prompt_path, servers_path, settings_path];
    let paths: Vec<_> = paths.into_iter().flatten().collect();
    let (program, before) = sandbox
        .wrap(program, &workspace, &paths, &spec.add_dirs)
        .map_err(|error| StartError::Sandbox(error.to_string()))?;
    let tag = format!("{}:{}", host.instance, uuid::Uuid::new_v4());
    let path = locate::extended_path(&host.environment);
    let mut environment =
        launch::environment(&host.environment, &path, &host.pass_env, &workspace, &tag);
    environment.extend(sandbox.variables(&path, spec.permission_mode));
    #[expect(
        clippy::disallowed_methods,
        reason = "`process` is the one module that starts children"
    )]
    let mut command = Command::new(&program);
    command
        .args(before)
        .args(launch::arguments(spec, prompt_path, servers_path))
        .args(options.arguments(settings_path))
        .env_clear()
        .envs(environment)
        .current_dir(&workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C on the terminal goes to the application, which ends its children in order.
        .process_group(0)
        .kill_on_drop(true);
    run_as(&mut command, account);
    let (child, pid, pipes) = sweep::spawn(&mut command).map_err(|error| StartError::Spawn {
        path: program,
        error,
    })?;
    let cgroup = host.cgroups.as_ref().and_then(|cgroups| {
        let cgroup = cgroups.hold(&tag, pid);
        cgroup
            .inspect_err(|error| tracing::warn!(%error, pid, "no control group for the CLI"))
            .ok()
    });
    let (input, lines) = mpsc::channel(MAX_UNREAD_LINES);
    let (termination, requested) = watch::channel(Termination::None);
    let (reporter, reports) = queue();
    let (close, closed) = watch::channel(false);
    let subject = Subject::new(&host.observers, spec.start.session_id(), pid);
    let (stdin, stdout, stderr) = pipes;
    let supervised = Supervised {
        child,
        pid,
        is_wrapped: sandbox.level() == SandboxLevel::Bwrap,
        cgroup,
        tag,
        since: sweep::started_at(pid),
        files: [prompt, servers, settings].into_iter().flatten().collect(),
        stdin: tokio::spawn(write(stdin, lines, closed, subject.clone())),
        stdout: tokio::spawn(read(stdout, reporter.clone(), subject.clone(), pid)),
        stderr: tokio::spawn(drain(stderr)),
        close,
        requested,
        permit,
        subject,
        reporter,
    };
    tokio::spawn(supervised.supervise());
    let process = Process {
        pid,
        program: installed,
        input,
        termination,
    };
    Ok((process, reports))
}

/// Writes a system prompt that is too long for an argument to a file that `account` can read.
fn prompt_file(spec: &Spec, account: Option<&Account>) -> io::Result<Option<NamedTempFile>> {
    if !launch::needs_prompt_file(&spec.system_prompt) {
        return Ok(None);
    }
    private_file("prompt", &spec.system_prompt, account).map(Some)
}

/// Writes the CLI's settings to a private file if they may hold secrets.
fn settings_file(
    spec: &Spec,
    options: &CliOptions,
    account: Option<&Account>,
) -> io::Result<Option<NamedTempFile>> {
    if spec.settings.is_empty() {
        return Ok(None);
    }
    private_file("settings", &options.settings(), account).map(Some)
}

/// Writes a temporary file that only its owner, or `account`, can read.
fn private_file(kind: &str, text: &str, account: Option<&Account>) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(&format!("claude-session-{kind}-"))
        .tempfile()?;
    file.write_all(text.as_bytes())?;
    if let Some(account) = account {
        account.give(file.path())?;
    }
    Ok(file)
}

/// Has a command run as another account, with that account's group alone: the standard library drops all others when
/// root sets a user.
pub(super) fn run_as(command: &mut Command, account: Option<&Account>) {
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
}
