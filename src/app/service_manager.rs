//! Tells systemd, where that has started the bot, when it is ready, reloads, stops, and works (man `sd_notify(3)`).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};

#[derive(Debug, Default)]
pub(super) struct ServiceManager {
    /// Whether systemd knows that the bot is ready. It would take the end of a reload for that, too.
    is_ready: AtomicBool,
}

impl ServiceManager {
    /// Follows whether the bot is connected, which makes it ready. Also returns the pings that the core has to take.
    pub(super) fn start(connected: watch::Receiver<bool>) -> (Arc<Self>, mpsc::Receiver<()>) {
        let this = Arc::new(Self::default());
        tokio::spawn(Arc::clone(&this).follow(connected));
        let (pings, pinged) = mpsc::channel(1);
        let limit = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero());
        if let Some(limit) = limit {
            tokio::spawn(keep_alive(limit, pings, || tell(&[NotifyState::Watchdog])));
        }
        (this, pinged)
    }

    async fn follow(self: Arc<Self>, mut connected: watch::Receiver<bool>) {
        loop {
            let is_connected = *connected.borrow_and_update();
            if is_connected && !self.is_ready.swap(true, Ordering::Relaxed) {
                tell(&[NotifyState::Ready]);
            }
            tell(&[NotifyState::Status(if is_connected {
                "Connected to Discord"
            } else {
                "Not connected to Discord"
            })]);
            if connected.changed().await.is_err() {
                return;
            }
        }
    }

    /// Reloads between the words for that.
    pub(super) fn reloading<T>(&self, reload: impl FnOnce() -> T) -> T {
        if !self.is_ready.load(Ordering::Relaxed) {
            return reload();
        }
        let since = NotifyState::monotonic_usec_now();
        tell(&[vec![NotifyState::Reloading], since.into_iter().collect()].concat());
        let reloaded = reload();
        tell(&[NotifyState::Ready]);
        reloaded
    }
}

pub(super) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("Stopping: running turns may end"),
    ]);
}

/// Reports that the bot works, twice within the `limit`, but only once the core has taken a ping.
async fn keep_alive(limit: Duration, pings: mpsc::Sender<()>, report: impl Fn()) {
    let mut interval = tokio::time::interval(limit / 2);
    loop {
        interval.tick().await;
        // There is room for one, which has to be taken before there is room for another.
        if pings.send(()).await.is_err() || pings.reserve().await.is_err() {
            return;
        }
        report();
    }
}

/// Does nothing without systemd.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "failed to tell systemd");
    }
}

#[cfg(test)]
mod tests;
