//! How a process is ended: step by step, each with a timeout.

use std::{io, process::ExitStatus, time::Duration};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process, kill_process_group},
};

use super::{
    supervisor::{Supervised, Termination},
    wrapper,
};

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

impl Supervised {
    /// Ends the process step by step. Even an immediate termination starts with a signal that lets the CLI write its
    /// transcript.
    pub(super) async fn terminate(&mut self) -> io::Result<ExitStatus> {
        for (step, limit) in GRACEFUL {
            if *self.requested.borrow() == Termination::Immediate {
                break;
            }
            self.take(step);
            let immediate = |termination: &Termination| *termination == Termination::Immediate;
            tokio::select! {
                status = self.child.wait() => return status,
                () = tokio::time::sleep(limit) => {}
                Ok(_) = self.requested.wait_for(immediate) => {}
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
        let signal_to =
            |pid, signal| Pid::from_raw(pid).map_or(Ok(()), |pid| kill_process(pid, signal));
        let sent = match step {
            Step::CloseInput => {
                self.close.send_replace(true);
                Ok(())
            }
            Step::Signal(signal) => {
                signal_to(wrapper::signal_target(self.pid, self.is_wrapped), signal)
            }
            Step::Kill => {
                if let Some(cgroup) = &self.cgroup
                    && let Err(error) = cgroup.kill()
                {
                    tracing::debug!(%error, pid = self.pid, "failed to kill the CLI's control group");
                }
                let group = Pid::from_raw(self.pid).ok_or(Errno::SRCH);
                group
                    .and_then(|group| kill_process_group(group, Signal::KILL))
                    .or_else(|_| signal_to(self.pid, Signal::KILL))
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, pid = self.pid, ?step, "failed to signal the CLI");
        }
    }
}
