//! The task that waits for a process to end, ends it if necessary, and cleans up.

use std::{
    future::pending, os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration,
};

use tempfile::NamedTempFile;
use tokio::{process::Child, sync::watch, task::JoinHandle, time::timeout};

use super::{
    cgroup::Cgroup,
    pipes::Written,
    reports::{Exit, Reporter},
    sweep, wrapper,
};
use crate::{
    observer::{ProcessEvent, Subject},
    pool::Permit,
};

/// How long stdout may stay open after the process has ended, and how long the process may live after closing stdout.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the search for descendants is repeated.
const SWEEP_ROUNDS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Termination {
    None,
    Graceful,
    Immediate,
}

/// A process and what goes with it.
pub(super) struct Supervised {
    pub(super) child: Child,
    pub(super) pid: i32,
    /// Whether the child is a wrapper around the CLI.
    pub(super) is_wrapped: bool,
    pub(super) cgroup: Option<Cgroup>,
    /// By which its descendants are found.
    pub(super) tag: String,
    /// When it started: see [`sweep::started_at`].
    pub(super) since: u64,
    /// What the process reads, until it ends.
    pub(super) files: Vec<NamedTempFile>,
    pub(super) stdin: JoinHandle<Written>,
    pub(super) stdout: JoinHandle<()>,
    pub(super) stderr: JoinHandle<String>,
    /// Closes the child's stdin.
    pub(super) close: watch::Sender<bool>,
    pub(super) requested: watch::Receiver<Termination>,
    pub(super) permit: Permit,
    pub(super) subject: Subject,
    pub(super) reporter: Reporter,
}

impl Supervised {
    pub(super) async fn supervise(mut self) {
        let pid = self.pid;
        let ended = tokio::select! {
            status = self.child.wait() => Some(status),
            // An error means that the handle was dropped, which ends the process too.
            _ = self.requested.wait_for(|termination| *termination != Termination::None) => None,
            () = input_stuck(&mut self.stdin) => {
                tracing::warn!(pid, "the CLI has stopped reading its input");
                None
            }
            () = output_closed(&mut self.stdout) => {
                tracing::warn!(pid, "the CLI has closed its output without ending");
                None
            }
        };
        let status = match ended {
            Some(status) => status,
            None => self.terminate().await,
        };
        let status =
            status.inspect_err(|error| tracing::error!(%error, pid, "failed to wait for the CLI"));
        self.finish(status.ok()).await;
    }

    /// Cleans up after the process has ended: reads its output to the end, kills its descendants, drops its permit, and
    /// only then reports its end.
    async fn finish(mut self, status: Option<ExitStatus>) {
        let pid = self.pid;
        drop(self.child);
        sweep::forget(pid);
        self.close.send_replace(true);
        // A task that has ended must not be awaited again.
        if !self.stdout.is_finished() && timeout(DRAIN_TIMEOUT, &mut self.stdout).await.is_err() {
            tracing::debug!(pid, "a descendant holds the CLI's output open");
        }
        let (cgroup, tag, since) = (self.cgroup, self.tag, self.since);
        match tokio::task::spawn_blocking(move || end_descendants(cgroup, &tag, since)).await {
            Ok(false) => {}
            Ok(true) => tracing::info!(pid, "killed processes that the CLI left behind"),
            Err(error) => tracing::error!(%error, pid, "the sweep for descendants failed"),
        }
        self.stdout.abort();
        let stderr = timeout(DRAIN_TIMEOUT, self.stderr).await;
        drop((self.files, self.permit));
        let (code, signal) = match status.map(|status| (status.code(), status.signal())) {
            Some((Some(code), _)) if self.is_wrapped => wrapper::inner_exit(code),
            Some((code, signal)) => (code, signal),
            None => (None, None),
        };
        let exit = Exit {
            code,
            signal,
            stderr: stderr.ok().and_then(Result::ok).unwrap_or_default(),
        };
        self.subject.notify(|| ProcessEvent::Exited(exit.clone()));
        if self.reporter.exited(exit).await.is_err() {
            tracing::debug!(pid, "nobody waits for the end of the CLI");
        }
    }
}

/// Resolves when stdout has been closed and the process has had time to end.
async fn output_closed(stdout: &mut JoinHandle<()>) {
    if let Err(error) = stdout.await {
        tracing::error!(%error, "reading the CLI's output failed");
    }
    tokio::time::sleep(DRAIN_TIMEOUT).await;
}

/// Resolves when a line could not be written in time.
async fn input_stuck(stdin: &mut JoinHandle<Written>) {
    if !matches!(stdin.await, Ok(Written::TooSlowly)) {
        pending::<()>().await;
    }
}

/// Kills what the process left behind. Returns whether there was anything.
fn end_descendants(cgroup: Option<Cgroup>, tag: &str, since: u64) -> bool {
    let held = cgroup.is_some_and(|cgroup| {
        cgroup.end().unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to end the CLI's control group");
            false
        })
    });
    sweep::sweep(tag, since, SWEEP_ROUNDS) > 0 || held
}
