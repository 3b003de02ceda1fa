//! The place of a channel's process, as its actor holds it: empty, waiting for the pool, or live.

use std::future::pending;

use tokio::{sync::oneshot, task::JoinHandle};

use super::state::Event;
use crate::claude::{
    launch::Start,
    pool::{Lease, Permit},
    process::{Exit, Process, Report, Reports},
};

/// The process, on its way to life and in it.
pub(super) enum ProcessSlot {
    Empty,
    /// It waits for a place in the pool.
    Waiting {
        admission: JoinHandle<()>,
        admitted: oneshot::Receiver<(Permit, Lease)>,
        start: Start,
        model: String,
    },
    Live {
        process: Process,
        reports: Reports,
        lease: Lease,
        /// Whether the pool knows that the process could make room.
        is_resting: bool,
    },
}

/// What happened to it.
pub(super) enum SlotEvent {
    Admitted(Option<(Permit, Lease)>),
    Event(Event),
}

impl ProcessSlot {
    pub(super) fn live(process: Process, reports: Reports, lease: Lease) -> Self {
        Self::Live {
            process,
            reports,
            lease,
            is_resting: false,
        }
    }

    /// The live process, if there is one.
    pub(super) fn process(&self) -> Option<&Process> {
        match self {
            Self::Live { process, .. } => Some(process),
            Self::Empty | Self::Waiting { .. } => None,
        }
    }

    /// Tells the pool that the process has come up.
    pub(super) fn ready(&self) {
        if let Self::Live { lease, .. } = self {
            lease.ready();
        }
    }

    /// Tells the pool, if that has changed, whether the process could make room.
    pub(super) fn set_resting(&mut self, rests: bool) {
        if let Self::Live {
            lease, is_resting, ..
        } = self
            && *is_resting != rests
        {
            *is_resting = rests;
            if rests { lease.idle() } else { lease.busy() }
        }
    }

    /// Waits for the next thing to happen to it; for ever while it is empty.
    pub(super) async fn next_event(&mut self) -> SlotEvent {
        match self {
            Self::Empty => pending().await,
            Self::Waiting { admitted, .. } => SlotEvent::Admitted(admitted.await.ok()),
            Self::Live { reports, lease, .. } => {
                tokio::select! {
                    report = reports.recv() => SlotEvent::Event(match report {
                        Some(Report::Heard(heard)) => Event::Session(heard.event),
                        Some(Report::Exited(exit)) => Event::Exited(exit),
                        // Its tasks are gone without a report: they panicked, or the runtime ends.
                        None => Event::Exited(ended_unseen()),
                    }),
                    () = lease.recalled() => SlotEvent::Event(Event::Recalled),
                }
            }
        }
    }
}

/// The end of a process that never was, or whose end nobody saw.
pub(super) fn ended_unseen() -> Exit {
    Exit {
        code: None,
        signal: None,
        stderr: String::new(),
    }
}
