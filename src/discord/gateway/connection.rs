//! One connection to the gateway: it sends one IDENTIFY and is resumed as often as possible.
//!
//! serenity's `Client` has a queue that sends any number of further IDENTIFYs. Here that queue never runs, only serenity's
//! runner does: a connection that cannot be resumed ends, and the next one is opened only when another session may be
//! started. A runner sends at most one IDENTIFY: it answers a second HELLO with a resume, or ends (serenity 0.12.5,
//! `Shard::handle_event`).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serenity::{
    all::{
        ConnectionStage, EventHandler, GatewayIntents, ShardId, ShardInfo, ShardManager,
        ShardManagerOptions, ShardMessenger, ShardRunner, ShardRunnerInfo, ShardRunnerMessage,
        ShardRunnerOptions,
    },
    http::Http,
    prelude::{Mutex, RwLock, TypeMap},
};
use tokio::sync::watch;

use super::watchdog::Watchdog;
use crate::discord::shard::Shard;

/// How long an orderly close may take.
const CLOSING: Duration = Duration::from_secs(2);

/// How often the watchdog is told the state of the connection.
const PULSE: Duration = Duration::from_secs(1);

/// What every connection of a shard needs.
pub(super) struct ConnectionSetup {
    pub(super) shard: Shard,
    pub(super) token: String,
    pub(super) intents: GatewayIntents,
    pub(super) handler: Arc<dyn EventHandler>,
    /// serenity requires it; nothing uses it.
    pub(super) http: Arc<Http>,
}

/// An open connection that has not yet sent its IDENTIFY.
pub(super) struct Connection {
    runner: ShardRunner,
    manager: Arc<ShardManager>,
    id: ShardId,
    messenger: ShardMessenger,
}

impl ConnectionSetup {
    /// Connects, without an IDENTIFY.
    pub(super) async fn connect(&self, url: &str) -> Result<Connection, serenity::Error> {
        let url = Arc::new(Mutex::new(url.to_owned()));
        let http = Arc::clone(&self.http);
        let id = ShardId(self.shard.id);
        let info = ShardInfo {
            id,
            total: self.shard.total,
        };
        let shard =
            serenity::all::Shard::new(Arc::clone(&url), &self.token, info, self.intents, None);
        let shard = shard.await?;
        let data = Arc::new(RwLock::new(TypeMap::new()));
        let handlers = vec![Arc::clone(&self.handler)];
        let manager = self.manager(url, &http, &data, &handlers)?;
        let runner = ShardRunner::new(ShardRunnerOptions {
            data,
            event_handlers: handlers,
            raw_event_handlers: Vec::new(),
            manager: Arc::clone(&manager),
            shard,
            http,
        });
        let messenger = ShardMessenger::new(&runner);
        // The runner keeps its state there.
        let info = ShardRunnerInfo {
            latency: None,
            runner_tx: messenger.clone(),
            stage: ConnectionStage::Handshake,
        };
        manager.runners.lock().await.insert(id, info);
        Ok(Connection {
            runner,
            manager,
            id,
            messenger,
        })
    }

    /// A manager without its queue, which is spawned on a runtime that never runs and is dropped with it.
    fn manager(
        &self,
        ws_url: Arc<Mutex<String>>,
        http: &Arc<Http>,
        data: &Arc<RwLock<TypeMap>>,
        handlers: &[Arc<dyn EventHandler>],
    ) -> std::io::Result<Arc<ShardManager>> {
        let nowhere = tokio::runtime::Builder::new_current_thread().build()?;
        let entered = nowhere.enter();
        let (manager, _) = ShardManager::new(ShardManagerOptions {
            data: Arc::clone(data),
            event_handlers: handlers.to_vec(),
            raw_event_handlers: Vec::new(),
            shard_index: self.shard.id,
            shard_init: 1,
            shard_total: self.shard.total,
            ws_url,
            http: Arc::clone(http),
            intents: self.intents,
            presence: None,
        });
        drop(entered);
        nowhere.shutdown_background();
        Ok(manager)
    }
}

impl Connection {
    /// Sends the IDENTIFY and serves the connection until it can no longer be resumed, or `stopped` is true.
    /// Fails if Discord says not to come back.
    pub(super) async fn serve(
        mut self,
        watchdog: Arc<Watchdog>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), serenity::Error> {
        let pulse = async {
            let mut pulse = tokio::time::interval(PULSE);
            loop {
                pulse.tick().await;
                if let Some(info) = self.manager.runners.lock().await.get(&self.id) {
                    let is_connected = info.stage == ConnectionStage::Connected;
                    let mut liveness = watchdog.liveness();
                    liveness.pulse(is_connected, info.latency, Instant::now());
                }
            }
        };
        // A dropped sender means the same.
        let stop = async { drop(stopped.wait_for(|stopped| *stopped).await) };
        let mut running = Box::pin(self.runner.run());
        tokio::select! {
            ended = &mut running => ended,
            () = pulse => Ok(()),
            () = stop => {
                let close = ShardRunnerMessage::Shutdown(self.id, 1000);
                self.messenger.send_to_shard(close);
                if tokio::time::timeout(CLOSING, running).await.is_err() {
                    tracing::debug!("Discord did not answer the close in time");
                }
                Ok(())
            }
        }
    }
}
