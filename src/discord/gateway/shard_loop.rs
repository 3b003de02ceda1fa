//! Keeps one shard connected.

use std::{sync::Arc, time::Instant};

use super::{
    connection::ConnectionSetup,
    start_queue::{OpenError, StartQueue, failure},
    watchdog::Watchdog,
};
use crate::{
    backoff::Backoff,
    discord::{Fatal, ingress::Ingress},
};

pub(super) struct ShardLoop {
    pub(super) line: ConnectionSetup,
    pub(super) queue: Arc<StartQueue>,
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) ingress: Arc<Ingress>,
}

impl ShardLoop {
    /// Opens a connection, and another one whenever it has ended, until the bot stops. Fails if Discord says not to come
    /// back.
    pub(super) async fn run(self) -> Result<(), Fatal> {
        let shard = self.line.shard;
        let mut stopped = self.ingress.stopped.clone();
        let mut failures = 0;
        loop {
            let opened = Instant::now();
            let opening = self.queue.connect(&self.line, &self.watchdog);
            let connection = tokio::select! {
                connection = opening => connection,
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            };
            let result = match connection {
                // In a task of its own, because serenity panics on some events. The next connection fetches what was missed.
                Ok(connection) => {
                    let serving = connection.serve(Arc::clone(&self.watchdog), stopped.clone());
                    match tokio::spawn(serving).await {
                        Ok(served) => served.map_err(|error| failure(&error)),
                        Err(_) => Err(OpenError::Passing("serenity panicked".into())),
                    }
                }
                Err(failure) => Err(failure),
            };
            self.watchdog.liveness().ended();
            self.ingress.connected(shard, false);
            if *stopped.borrow() {
                return Ok(());
            }
            match result {
                Ok(()) => tracing::warn!(%shard, "the gateway connection could not be resumed"),
                Err(OpenError::Fatal(fatal)) => return Err(fatal),
                Err(OpenError::Passing(error)) => {
                    tracing::warn!(%shard, error, "the gateway failed");
                }
            }
            if opened.elapsed() > Backoff::RECONNECT.max() {
                failures = 0;
            }
            failures += 1;
            tokio::select! {
                () = tokio::time::sleep(Backoff::RECONNECT.delay(failures)) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            }
        }
    }
}
