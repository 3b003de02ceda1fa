//! A channel's process as its actor holds it: absent, waiting for the pool, or live.

use std::future::pending;

use tokio::{sync::oneshot, task::JoinHandle};

use super::state::Event;
use crate::claude::{
    launch::Start,
    pool::{Lease, Permit},
    process::{Exit, Process, Report, Reports},
};

pub(super) enum ProcessSlot {
    Empty,
    Waiting {
        admission: JoinHandle<()>,
        admitted: oneshot::Receiver<Result<(Permit, Lease), String>>,
        start: Start,
        model: String,
    },
    Live {
        process: Process,
        reports: Reports,
        lease: Lease,
        /// Whether the pool has been told that it may recall the process.
        is_resting: bool,
    },
}

pub(super) enum SlotEvent {
    /// The pool has a place, or the CLI is too old, for this reason; `None` if the pool is gone.
    Admitted(Option<Result<(Permit, Lease), String>>),
    Event(Box<Event>),
}

impl ProcessSlot {
    pub(super) fn process(&self) -> Option<&Process> {
        match self {
            Self::Live { process, .. } => Some(process),
            Self::Empty | Self::Waiting { .. } => None,
        }
    }

    /// Tells the pool that the process has initialized.
    pub(super) fn ready(&self) {
        if let Self::Live { lease, .. } = self {
            lease.ready();
        }
    }

    /// Tells the pool whether it may recall the process, and whether that has worked.
    pub(super) fn set_resting(&mut self, rests: bool, has_worked: bool) {
        if let Self::Live {
            lease, is_resting, ..
        } = self
            && *is_resting != rests
        {
            *is_resting = rests;
            if rests {
                lease.idle(has_worked);
            } else {
                lease.busy();
            }
        }
    }

    /// Waits forever while the slot is empty.
    pub(super) async fn next_event(&mut self) -> SlotEvent {
        match self {
            Self::Empty => pending().await,
            Self::Waiting { admitted, .. } => SlotEvent::Admitted(admitted.await.ok()),
            Self::Live { reports, lease, .. } => {
                tokio::select! {
                    report = reports.recv() => SlotEvent::Event(Box::new(match report {
                        Some(Report::Heard(heard)) => Event::Session(heard.event),
                        Some(Report::Exited(exit)) => Event::Exited(exit),
                        // The tasks that report have panicked, or the runtime is shutting down.
                        None => Event::Exited(Exit::default()),
                    })),
                    why = lease.recalled() => SlotEvent::Event(Box::new(Event::Recalled(why))),
                }
            }
        }
    }
}
