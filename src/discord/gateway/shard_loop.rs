//! Keeps one shard connected.

use std::{sync::Arc, time::Instant};

use super::{connection::OpenError, handler::Handler, start_queue::StartQueue};
use crate::{backoff::Backoff, discord::Fatal};

pub(super) struct ShardLoop {
    pub(super) handler: Handler,
    pub(super) queue: Arc<StartQueue>,
}

impl ShardLoop {
    /// Opens a connection, and another one whenever it has ended, until the bot stops. Fails if Discord says not to come
    /// back.
    pub(super) async fn run(self) -> Result<(), Fatal> {
        let Handler {
            shard,
            ingress,
            watchdog,
            ..
        } = &self.handler;
        let mut stopped = ingress.stopped.clone();
        let mut failures = 0;
        loop {
            let opened = Instant::now();
            let opening = self.queue.connect(*shard, watchdog);
            let connection = tokio::select! {
                connection = opening => connection,
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            };
            let result = match connection {
                Ok(connection) => connection.serve(&self.handler, stopped.clone()).await,
                Err(failure) => Err(failure),
            };
            watchdog.liveness().ended();
            ingress.connected(*shard, false);
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
