//! One connection to the gateway: it sends one IDENTIFY and is resumed as often as it can be.
//!
//! serenity's `Client` has a queue that sends further IDENTIFYs without a limit. Here each connection's runner is
//! serenity's, but that queue never runs: a connection that cannot be resumed ends, and the next one is opened only
//! when another session may be started. A runner sends at most one IDENTIFY: it answers a second HELLO with a resume,
//! or ends (serenity 0.12.5, `Shard::handle_event`).

use std::{sync::Arc, time::Duration};

use serenity::{
    all::{
        ConnectionStage, EventHandler, GatewayIntents, Shard, ShardId, ShardInfo, ShardManager,
        ShardManagerOptions, ShardMessenger, ShardRunner, ShardRunnerInfo, ShardRunnerMessage,
        ShardRunnerOptions,
    },
    http::Http,
    prelude::{Mutex, RwLock, TypeMap},
};
use tokio::sync::watch;

use super::watchdog::Watchdog;

/// How long it may take to be closed in order.
const CLOSING: Duration = Duration::from_secs(2);

/// How often it is looked at.
const PULSE: Duration = Duration::from_secs(1);

/// The bot is small enough for one shard.
const SHARD: ShardId = ShardId(0);

/// What every connection needs.
pub(super) struct Line {
    pub(super) token: String,
    pub(super) intents: GatewayIntents,
    pub(super) handler: Arc<dyn EventHandler>,
    /// serenity hands it to the handler, where nothing uses it.
    pub(super) http: Arc<Http>,
}

/// A connection that is open, and not yet greeted.
pub(super) struct Connection {
    runner: ShardRunner,
    manager: Arc<ShardManager>,
    shard: ShardMessenger,
}

impl Line {
    /// Connects. No IDENTIFY has been sent where this fails.
    ///
    /// # Errors
    ///
    /// As serenity gives them.
    pub(super) async fn connect(&self, url: &str) -> Result<Connection, serenity::Error> {
        let url = Arc::new(Mutex::new(url.to_owned()));
        let info = ShardInfo {
            id: SHARD,
            total: 1,
        };
        let shard = Shard::new(Arc::clone(&url), &self.token, info, self.intents, None).await?;
        let data = Arc::new(RwLock::new(TypeMap::new()));
        let handlers = vec![Arc::clone(&self.handler)];
        let manager = self.manager(url, &data, &handlers)?;
        let runner = ShardRunner::new(ShardRunnerOptions {
            data,
            event_handlers: handlers,
            raw_event_handlers: Vec::new(),
            manager: Arc::clone(&manager),
            shard,
            http: Arc::clone(&self.http),
        });
        let shard = ShardMessenger::new(&runner);
        // The runner notes there how it is.
        let noted = ShardRunnerInfo {
            latency: None,
            runner_tx: shard.clone(),
            stage: ConnectionStage::Handshake,
        };
        manager.runners.lock().await.insert(SHARD, noted);
        Ok(Connection {
            runner,
            manager,
            shard,
        })
    }

    /// A manager without its queue: that is spawned on a runtime that never runs, and gone with it.
    fn manager(
        &self,
        ws_url: Arc<Mutex<String>>,
        data: &Arc<RwLock<TypeMap>>,
        handlers: &[Arc<dyn EventHandler>],
    ) -> std::io::Result<Arc<ShardManager>> {
        let nowhere = tokio::runtime::Builder::new_current_thread().build()?;
        let manager = {
            let _nowhere = nowhere.enter();
            let (manager, _) = ShardManager::new(ShardManagerOptions {
                data: Arc::clone(data),
                event_handlers: handlers.to_vec(),
                raw_event_handlers: Vec::new(),
                shard_index: 0,
                shard_init: 1,
                shard_total: 1,
                ws_url,
                http: Arc::clone(&self.http),
                intents: self.intents,
                presence: None,
            });
            manager
        };
        nowhere.shutdown_background();
        Ok(manager)
    }
}

impl Connection {
    /// Greets Discord and serves the connection until it cannot be resumed any more, or is to be `stopped`.
    ///
    /// # Errors
    ///
    /// Discord's reasons not to come back.
    pub(super) async fn serve(
        mut self,
        watchdog: Arc<Watchdog>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), serenity::Error> {
        let pulse = async {
            let mut pulse = tokio::time::interval(PULSE);
            loop {
                pulse.tick().await;
                if let Some(noted) = self.manager.runners.lock().await.get(&SHARD) {
                    let is_connected = noted.stage == ConnectionStage::Connected;
                    watchdog.pulse(is_connected, noted.latency);
                }
            }
        };
        // A channel whose sender is gone asks for the same.
        let stop = async { drop(stopped.wait_for(|stopped| *stopped).await) };
        let mut running = Box::pin(self.runner.run());
        tokio::select! {
            ended = &mut running => ended,
            () = pulse => Ok(()),
            () = stop => {
                self.shard.send_to_shard(ShardRunnerMessage::Shutdown(SHARD, 1000));
                if tokio::time::timeout(CLOSING, running).await.is_err() {
                    tracing::debug!("Discord did not answer the close in time");
                }
                Ok(())
            }
        }
    }
}
