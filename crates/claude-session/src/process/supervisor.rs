//! The task that waits for a process to end, ends it if necessary, and cleans up.

use std::{
    future::pending, os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration,
};

use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::{
    cgroup::Cgroup,
    pipes::Written,
    reports::{Exit, Reporter},
    sweep,
    termination::{Termination, Terminator},
    wrapper,
};
use crate::{
    observer::{Subject, What},
    pool::Permit,
};

/// How long stdout may stay open after the process has ended, and how long the process may live after closing stdout.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the search for descendants is repeated.
const SWEEP_ROUNDS: usize = 20;

pub(super) struct Supervised {
    pub(super) terminator: Terminator,
    /// By which its descendants are found.
    pub(super) tag: String,
    /// When it started: see [`sweep::started_at`].
    pub(super) since: u64,
    pub(super) prompt: Option<tempfile::NamedTempFile>,
    pub(super) stdout: Option<JoinHandle<()>>,
    pub(super) stderr: Option<JoinHandle<String>>,
    pub(super) permit: Permit,
    pub(super) subject: Subject,
}

pub(super) async fn supervise(
    mut process: Supervised,
    stdin: Option<JoinHandle<Written>>,
    mut requested: watch::Receiver<Termination>,
    reporter: Reporter,
) {
    let terminator = &mut process.terminator;
    let ended = tokio::select! {
        status = terminator.child.wait() => Some(status),
        // An error means that the handle was dropped, which ends the process too.
        _ = requested.wait_for(|termination| *termination != Termination::None) => None,
        () = input_stuck(stdin) => {
            tracing::warn!(pid = terminator.pid, "the CLI has stopped reading its input");
            None
        }
        () = output_closed(&mut process.stdout) => {
            tracing::warn!(pid = terminator.pid, "the CLI has closed its output without ending");
            None
        }
    };
    let status = match ended {
        Some(status) => status,
        None => terminator.terminate(&mut requested).await,
    };
    let status = status.inspect_err(|error| {
        tracing::error!(%error, pid = terminator.pid, "failed to wait for the CLI");
    });
    finish(process, status.ok(), reporter).await;
}

/// Resolves when stdout has been closed and the process has had time to end.
async fn output_closed(stdout: &mut Option<JoinHandle<()>>) {
    let Some(reading) = stdout else {
        return pending().await;
    };
    if let Err(error) = reading.await {
        tracing::error!(%error, "reading the CLI's output failed");
    }
    // A handle that has resolved must not be polled again.
    *stdout = None;
    tokio::time::sleep(DRAIN_TIMEOUT).await;
}

/// Resolves when a line could not be written in time.
async fn input_stuck(stdin: Option<JoinHandle<Written>>) {
    if let Some(stdin) = stdin
        && let Ok(Written::TooSlowly) = stdin.await
    {
        return;
    }
    pending::<()>().await;
}

/// Cleans up after the process has ended: reads its output to the end, kills its descendants, drops its permit, and only
/// then reports its end.
async fn finish(mut process: Supervised, status: Option<ExitStatus>, reporter: Reporter) {
    let terminator = process.terminator;
    let pid = terminator.pid;
    drop(terminator.child);
    sweep::forget(pid);
    terminator.close.send_replace(true);
    if let Some(reading) = &mut process.stdout
        && timeout(DRAIN_TIMEOUT, reading).await.is_err()
    {
        tracing::debug!(pid, "a descendant holds the CLI's output open");
    }
    let (cgroup, tag, since) = (terminator.cgroup, process.tag, process.since);
    match tokio::task::spawn_blocking(move || end_descendants(cgroup, &tag, since)).await {
        Ok(false) => {}
        Ok(true) => tracing::info!(pid, "killed processes that the CLI left behind"),
        Err(error) => tracing::error!(%error, pid, "the sweep for descendants failed"),
    }
    if let Some(reading) = process.stdout {
        reading.abort();
    }
    let mut stderr = String::new();
    if let Some(reading) = process.stderr
        && let Ok(Ok(read)) = timeout(DRAIN_TIMEOUT, reading).await
    {
        stderr = read;
    }
    drop((process.prompt, process.permit));
    let (code, signal) = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) if terminator.is_wrapped => wrapper::inner_exit(code),
        Some((code, signal)) => (code, signal),
        None => (None, None),
    };
    let exit = Exit {
        code,
        signal,
        stderr,
    };
    process.subject.notify(|| What::Exited(exit.clone()));
    if reporter.exited(exit).await.is_err() {
        tracing::debug!(pid, "nobody waits for the end of the CLI");
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
