//! How a process is ended: step by step, each with its patience.

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::Child,
    sync::watch::{self, error::RecvError},
};

use super::{cgroup::Cgroup, cli};

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
pub(super) enum Stop {
    No,
    InOrder,
    Now,
}

/// A child and what it takes to end it.
pub(super) struct Ladder {
    pub(super) child: Child,
    pub(super) pid: Option<u32>,
    /// Whether the child's own program is a wrapper around the CLI that stays.
    pub(super) is_wrapped: bool,
    pub(super) cgroup: Option<Cgroup>,
    /// Closes the child's stdin.
    pub(super) close: watch::Sender<bool>,
}

impl Ladder {
    /// Ends the process step by step. When it is to end now, a signal that lets it write down its transcript comes
    /// before the one that does not.
    pub(super) async fn climb(
        &mut self,
        stopping: &mut watch::Receiver<Stop>,
    ) -> io::Result<ExitStatus> {
        for (step, patience) in LADDER {
            if *stopping.borrow() == Stop::Now {
                break;
            }
            self.take(step);
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(patience) => {}
                Ok(()) = hurry(stopping) => {}
            }
            tracing::debug!(pid = self.pid, ?step, "the CLI is still there");
        }
        for (step, patience) in SHORT_LADDER {
            self.take(step);
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(patience) => {}
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
            Step::Signal(signal) => match Pid::from_raw(cli::signalled(child, self.is_wrapped)) {
                Some(pid) => kill_process(pid, signal),
                None => Ok(()),
            },
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

async fn hurry(stopping: &mut watch::Receiver<Stop>) -> Result<(), RecvError> {
    stopping
        .wait_for(|stop| *stop == Stop::Now)
        .await
        .map(|_| ())
}
