//! The task that waits for a process's end, brings it about if need be, and cleans up.

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

/// How long stdout may stay open after the process has ended, and the process may live on after it closed stdout.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How often descendants are looked for.
const SWEEP_ROUNDS: usize = 20;

/// A process and all that goes with it.
pub(super) struct Supervised {
    pub(super) terminator: Terminator,
    /// What its descendants are found by.
    pub(super) tag: String,
    /// When it was started: see [`sweep::started_at`].
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
        // An error here means that the handle was dropped, which asks for the same.
        _ = requested.wait_for(|termination| *termination != Termination::None) => None,
        () = input_stuck(stdin) => {
            tracing::warn!(pid = terminator.pid, "the CLI has stopped reading its input");
            None
        }
        () = output_closed(&mut process.stdout) => {
            tracing::warn!(pid = terminator.pid, "the CLI has closed its output and lives on");
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
    match stdout {
        Some(reading) => {
            if let Err(error) = reading.await {
                tracing::error!(%error, "reading the CLI's output failed");
            }
            // A handle that has resolved must not be polled again.
            *stdout = None;
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        }
        None => pending().await,
    }
}

/// Resolves when a line could not be written in time.
async fn input_stuck(stdin: Option<JoinHandle<Written>>) {
    let written = match stdin {
        Some(stdin) => stdin.await.ok(),
        None => None,
    };
    if written != Some(Written::TooSlowly) {
        pending::<()>().await;
    }
}

/// After the process itself has ended: its output is read to the end, its descendants are ended, its permit is given
/// back, and only then is its end reported.
async fn finish(process: Supervised, status: Option<ExitStatus>, reporter: Reporter) {
    let Supervised {
        terminator:
            Terminator {
                child,
                pid,
                is_wrapped,
                cgroup,
                close,
            },
        tag,
        since,
        prompt,
        mut stdout,
        stderr,
        permit,
        subject,
    } = process;
    drop(child);
    sweep::forget(pid);
    close.send_replace(true);
    if let Some(reading) = stdout.as_mut()
        && timeout(DRAIN_TIMEOUT, reading).await.is_err()
    {
        tracing::debug!(pid, "a descendant holds the CLI's output open");
    }
    match tokio::task::spawn_blocking(move || end_descendants(cgroup, &tag, since)).await {
        Ok(false) => {}
        Ok(true) => tracing::info!(pid, "ended processes that the CLI left behind"),
        Err(error) => tracing::error!(%error, pid, "the sweep for descendants failed"),
    }
    if let Some(reading) = stdout {
        reading.abort();
    }
    let stderr = match stderr {
        Some(reading) => timeout(DRAIN_TIMEOUT, reading)
            .await
            .ok()
            .and_then(Result::ok),
        None => None,
    };
    drop(prompt);
    drop(permit);
    let (code, signal) = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) if is_wrapped => wrapper::inner_exit(code),
        Some((code, signal)) => (code, signal),
        None => (None, None),
    };
    let exit = Exit {
        code,
        signal,
        stderr: stderr.unwrap_or_default(),
    };
    subject.notify(|| What::Exited(exit.clone()));
    if reporter.exited(exit).await.is_err() {
        tracing::debug!(pid, "nobody waits for this process's end");
    }
}

/// Ends what the process has left behind; whether there was anything.
fn end_descendants(cgroup: Option<Cgroup>, tag: &str, since: u64) -> bool {
    let held = cgroup.is_some_and(|cgroup| {
        cgroup.end().unwrap_or_else(|error| {
            tracing::warn!(%error, "a control group of the CLI's could not be removed");
            false
        })
    });
    sweep::sweep(tag, since, SWEEP_ROUNDS) > 0 || held
}
