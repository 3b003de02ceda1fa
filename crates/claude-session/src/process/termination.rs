//! How a process is ended: step by step, each with a timeout.

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::Child,
    sync::watch::{self, error::RecvError},
};

use super::{cgroup::Cgroup, sweep, wrapper};

/// The steps of a graceful termination and how long each may take. A running tool keeps the CLI from ending with its
/// input, and the CLI gives its background shells 5 s (measured on 2.1.197).
const GRACEFUL: [(Step, Duration); 3] = [
    (Step::CloseInput, Duration::from_secs(6)),
    (Step::Signal(Signal::INT), Duration::from_secs(2)),
    (Step::Signal(Signal::TERM), Duration::from_secs(3)),
];

/// The steps if that does not help, and the only ones of an immediate termination. Measured: after SIGTERM an idle CLI
/// ends in 40 ms, one with a running tool in 170 ms. A killed CLI may lose what it has not written to its transcript.
const FORCED: [(Step, Duration); 2] = [
    (Step::Signal(Signal::TERM), Duration::from_millis(500)),
    (Step::Kill, Duration::from_secs(5)),
];

#[derive(Debug, Clone, Copy)]
enum Step {
    CloseInput,
    Signal(Signal),
    Kill,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Termination {
    None,
    Graceful,
    Immediate,
}

/// A child and what is needed to end it.
pub(super) struct Terminator {
    pub(super) child: Child,
    pub(super) pid: Option<u32>,
    /// Whether the child is a wrapper around the CLI.
    pub(super) is_wrapped: bool,
    pub(super) cgroup: Option<Cgroup>,
    /// Closes the child's stdin.
    pub(super) close: watch::Sender<bool>,
}

impl Terminator {
    /// Ends the process step by step. Even an immediate termination starts with a signal that lets the CLI write its
    /// transcript.
    pub(super) async fn terminate(
        &mut self,
        requested: &mut watch::Receiver<Termination>,
    ) -> io::Result<ExitStatus> {
        for (step, limit) in GRACEFUL {
            if *requested.borrow() == Termination::Immediate {
                break;
            }
            self.take(step);
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(limit) => {}
                Ok(()) = immediate(requested) => {}
            }
            tracing::debug!(pid = self.pid, ?step, "the CLI has not ended yet");
        }
        for (step, limit) in FORCED {
            self.take(step);
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(limit) => {}
            }
        }
        // The kernel holds it, for example in a read from a dead disk. No other process may serve its session meanwhile.
        tracing::error!(pid = self.pid, "the CLI was killed but has not ended");
        self.child.wait().await
    }

    fn take(&self, step: Step) {
        let Some(child) = sweep::signed(self.pid) else {
            return;
        };
        let sent = match step {
            Step::CloseInput => {
                self.close.send_replace(true);
                Ok(())
            }
            Step::Signal(signal) => {
                let target = wrapper::signal_target(child, self.is_wrapped);
                Pid::from_raw(target).map_or(Ok(()), |pid| kill_process(pid, signal))
            }
            Step::Kill => self.kill(child),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, pid = self.pid, ?step, "failed to signal the CLI");
        }
    }

    fn kill(&self, child: i32) -> Result<(), rustix::io::Errno> {
        if let Some(cgroup) = &self.cgroup
            && let Err(error) = cgroup.kill()
        {
            tracing::debug!(%error, pid = self.pid, "failed to kill the CLI's control group");
        }
        let Some(pid) = Pid::from_raw(child) else {
            return Ok(());
        };
        kill_process_group(pid, Signal::KILL).or_else(|_| kill_process(pid, Signal::KILL))
    }
}

async fn immediate(requested: &mut watch::Receiver<Termination>) -> Result<(), RecvError> {
    requested
        .wait_for(|termination| *termination == Termination::Immediate)
        .await
        .map(|_| ())
}
