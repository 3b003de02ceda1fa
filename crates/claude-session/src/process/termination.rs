//! How a process is ended: step by step, each with a timeout.

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::Child,
    sync::watch::{self, error::RecvError},
};

use super::{cgroup::Cgroup, wrapper};

/// The steps of a graceful termination and how long each may take. A tool that runs keeps the CLI from leaving at the
/// end of its input, and its background shells get 5 s (measured on 2.1.197).
const GRACEFUL: [(Step, Duration); 3] = [
    (Step::CloseInput, Duration::from_secs(6)),
    (Step::Signal(Signal::INT), Duration::from_secs(2)),
    (Step::Signal(Signal::TERM), Duration::from_secs(3)),
];

/// What follows if that does not help, and all that there is time for in an immediate termination. Measured: an idle
/// CLI needs 40 ms to end upon SIGTERM, one whose tool runs 170 ms; killed, it may lose what it has not yet written to
/// its transcript.
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

/// How a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Termination {
    None,
    Graceful,
    Immediate,
}

/// A child and what it takes to end it.
pub(super) struct Terminator {
    pub(super) child: Child,
    pub(super) pid: Option<u32>,
    /// Whether the child's own program is a wrapper around the CLI that stays.
    pub(super) is_wrapped: bool,
    pub(super) cgroup: Option<Cgroup>,
    /// Closes the child's stdin.
    pub(super) close: watch::Sender<bool>,
}

impl Terminator {
    /// Ends the process step by step. Even an immediate termination begins with a signal that lets the CLI write its
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
            tracing::debug!(pid = self.pid, ?step, "the CLI is still there");
        }
        for (step, limit) in FORCED {
            self.take(step);
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(limit) => {}
            }
        }
        // The kernel holds it, in a read from a dead disk for instance. Its session stays its own till then.
        tracing::error!(pid = self.pid, "the CLI was killed and has not ended");
        self.child.wait().await
    }

    fn take(&self, step: Step) {
        let Some(child) = self.pid.and_then(|pid| i32::try_from(pid).ok()) else {
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
            tracing::debug!(%error, pid = self.pid, ?step, "the CLI could not be signalled");
        }
    }

    fn kill(&self, child: i32) -> Result<(), rustix::io::Errno> {
        if let Some(cgroup) = &self.cgroup
            && let Err(error) = cgroup.kill()
        {
            tracing::debug!(%error, pid = self.pid, "the CLI's control group could not be killed");
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
