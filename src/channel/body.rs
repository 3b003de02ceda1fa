//! A channel's process, as its actor holds it: none, waiting for a place in the pool, or living.

use std::future::pending;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::state::Event;
use crate::claude::{
    launch::Start,
    pool::{Lease, Permit},
    process::{Exit, Process, Report},
};

/// The process, on its way to life and in it.
pub(super) enum Body {
    None,
    /// It waits for a place.
    Waiting {
        admission: JoinHandle<()>,
        admitted: oneshot::Receiver<(Permit, Lease)>,
        start: Start,
        model: String,
    },
    Living {
        process: Process,
        reports: mpsc::Receiver<Report>,
        lease: Lease,
        /// Whether the pool knows that the process could make room.
        is_resting: bool,
    },
}

/// What happened to it.
pub(super) enum Happened {
    Admitted(Option<(Permit, Lease)>),
    Event(Event),
}

impl Body {
    /// Tells the pool, where that has changed, whether the process could make room.
    pub(super) fn rests(&mut self, rests: bool) {
        if let Self::Living {
            lease, is_resting, ..
        } = self
            && *is_resting != rests
        {
            *is_resting = rests;
            if rests { lease.idle() } else { lease.busy() }
        }
    }

    /// Waits for the next thing to happen to it; for ever where there is none.
    pub(super) async fn happening(&mut self) -> Happened {
        match self {
            Self::None => pending().await,
            Self::Waiting { admitted, .. } => Happened::Admitted(admitted.await.ok()),
            Self::Living { reports, lease, .. } => {
                tokio::select! {
                    report = reports.recv() => Happened::Event(match report {
                        Some(Report::Event(event)) => Event::Cli(event),
                        Some(Report::Exited(exit)) => Event::Exited(exit),
                        // Its tasks are gone without a report: they panicked or the runtime ends.
                        None => Event::Exited(gone()),
                    }),
                    () = lease.recalled() => Happened::Event(Event::Recalled),
                }
            }
        }
    }
}

/// The end of a process that never was, or whose end nobody saw.
pub(super) fn gone() -> Exit {
    Exit {
        code: None,
        signal: None,
        stderr: String::new(),
    }
}
