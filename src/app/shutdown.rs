//! Ending the running turns.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
};

use crate::channel::ShutdownStage;

/// How long turns may go on after the first signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long interrupted turns may take to end before they are killed. Together with the steps that follow, the bot is
/// gone 20 s after the signal, whatever its processes do.
const INTERRUPTED: Duration = Duration::from_secs(6);

/// How long ending the processes may take after that, with all signals and the sweep.
pub(super) const TERMINATION_LIMIT: Duration = Duration::from_secs(20);

/// Lets the running turns end, then interrupts them, then kills them.
pub(super) async fn end_turns(
    mut hub: JoinHandle<()>,
    shutdown: &watch::Sender<ShutdownStage>,
    stopping: &mut watch::Receiver<ShutdownStage>,
    at_once: bool,
) {
    let stages = [
        (ShutdownStage::Drain, GRACE),
        (ShutdownStage::Interrupt, INTERRUPTED),
        (ShutdownStage::Kill, TERMINATION_LIMIT),
    ];
    for (stage, patience) in stages {
        let is_urgent = at_once || *stopping.borrow() == ShutdownStage::Kill;
        if is_urgent && stage < ShutdownStage::Kill {
            continue;
        }
        if stage > ShutdownStage::Drain && !at_once {
            tracing::warn!(?stage, "the time for running turns is over");
        }
        shutdown.send_replace(stage);
        tokio::select! {
            ended = &mut hub => return log_hub(ended),
            () = tokio::time::sleep(patience) => {}
            Ok(_) = stopping.wait_for(|stop| *stop == ShutdownStage::Kill),
                if stage < ShutdownStage::Kill => {}
        }
    }
    tracing::error!("some channels did not end in time");
    hub.abort();
}

pub(super) fn log_hub(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "the hub failed");
    }
}
