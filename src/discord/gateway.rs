//! The gateway: receives what Discord sends, in order.
//!
//! # Theory of operation
//!
//! twilight keeps the connections and hands out the JSON of each event. One task a connection reads it into serenity's
//! types and passes it on before it waits for anything, so that the order is kept. The burst test covers that.
//!
//! Discord divides the guilds of a large bot among several connections, the shards. Each has a `shard_loop` of its own:
//! its `connection` sends one IDENTIFY and is resumed as often as possible (`resumption`); the next one waits in the
//! `start_queue`, which all shards share, until [`session_start`](super::session_start) allows another session. A
//! shard's `Watchdog` ends a process that receives nothing from it any more.

pub(super) mod connection;
mod handler;
mod liveness;
mod resumption;
mod shard_loop;
mod start_queue;
mod watchdog;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};
use twilight_gateway::Intents;

use self::{
    connection::{ConnectionSetup, OpenError},
    handler::Handler,
    shard_loop::ShardLoop,
    start_queue::{StartQueue, Turn},
    watchdog::Watchdog,
};
use super::{
    Fatal, backfill::Backfill, history::History, ingress::Ingress, login::Login, shard::Shard,
};
use crate::{
    backoff::Backoff,
    channel::LiveSettings,
    chat::{ChatEvent, Outbox},
    config::{ApiBase, Token},
    registry::Registry,
};

/// How long all connections may take to close.
const CLOSING: Duration = Duration::from_secs(7);

pub(crate) struct Gateway {
    pub(crate) token: Token,
    /// A loopback Discord in place of the real one.
    pub(crate) api_base: Option<ApiBase>,
    pub(crate) settings: LiveSettings,
    pub(crate) events: mpsc::UnboundedSender<ChatEvent>,
    /// For replies to interactions that are refused.
    pub(crate) outbox: Outbox,
    pub(crate) registry: Registry,
}

pub(crate) struct Running {
    stop: watch::Sender<bool>,
    /// Reports that the bot is deaf.
    deaf: mpsc::Receiver<Fatal>,
    /// `None` once the end has been reported.
    ended: Option<oneshot::Receiver<Result<(), Fatal>>>,
}

impl Running {
    /// Resolves when the gateway is closed for good; with `Ok` if it has reported that before.
    pub(crate) async fn ended(&mut self) -> Result<(), Fatal> {
        let Some(ended) = &mut self.ended else {
            return Ok(());
        };
        let result = tokio::select! {
            result = ended => result,
            Some(deaf) = self.deaf.recv() => Ok(Err(deaf)),
        };
        self.ended = None;
        result.unwrap_or_else(|_| Err(Fatal::Closed("the gateway's task has ended".into())))
    }

    /// Closes the connections. Later events are dropped.
    pub(crate) async fn close(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(CLOSING, self.ended()).await.is_err() {
            tracing::debug!("the gateway did not close in time");
        }
    }
}

/// Starts the gateway in a task of its own.
pub(crate) fn start(gateway: Gateway, login: &Login) -> Running {
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = oneshot::channel();
    let mut intents = Intents::GUILDS
        | Intents::GUILD_MESSAGES
        | Intents::GUILD_MESSAGE_TYPING
        | Intents::DIRECT_MESSAGES
        | Intents::DIRECT_MESSAGE_TYPING;
    if login.reads_content {
        intents |= Intents::MESSAGE_CONTENT;
    } else {
        tracing::warn!(
            "the message content intent is not ticked, so the bot can read only direct messages and messages that \
             mention it. Tick it in the Developer Portal: your application, \"Bot\", \"Privileged Gateway \
             Intents\", \"Message Content Intent\"; then start again"
        );
    }
    let (given_up, deaf) = mpsc::channel(1);
    let shards = Shards {
        gateway,
        history: login.history.clone(),
        application: login.application,
        intents,
        stopped,
        given_up,
    };
    tokio::spawn(async move {
        // Fails if the bot is shutting down.
        drop(end.send(shards.run().await));
    });
    Running {
        stop,
        deaf,
        ended: Some(ended),
    }
}

/// What all shards share.
struct Shards {
    gateway: Gateway,
    history: History,
    application: u64,
    intents: Intents,
    stopped: watch::Receiver<bool>,
    given_up: mpsc::Sender<Fatal>,
}

impl Shards {
    /// Keeps all shards connected until the bot stops, or Discord says not to come back.
    async fn run(self) -> Result<(), Fatal> {
        let mut watchdog = Some(self.watchdog());
        let queue = Arc::new(StartQueue {
            rest: self.history.rest.clone(),
            setup: ConnectionSetup::new(self.gateway.token.expose(), self.intents),
            api_base: self.gateway.api_base.clone(),
            turn: tokio::sync::Mutex::new(Turn::default()),
        });
        let mut stopped = self.stopped.clone();
        let total = tokio::select! {
            total = self.count(&queue) => total?,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        };
        let ingress = self.ingress(total);
        let backfill = Arc::clone(&ingress.backfill);
        ingress.spawn(async move { backfill.record_connection().await });
        let mut shards = JoinSet::new();
        for shard in Shard::all(total) {
            let watchdog = watchdog.take().unwrap_or_else(|| self.watchdog());
            let handler = Handler {
                shard,
                ingress: Arc::clone(&ingress),
                watchdog,
                application: self.application,
                was_ready: AtomicBool::new(false),
                unreadable: Mutex::new(HashSet::new()),
            };
            let shard = ShardLoop {
                handler,
                queue: Arc::clone(&queue),
            };
            shards.spawn(shard.run());
        }
        while let Some(ended) = shards.join_next().await {
            ended.unwrap_or_else(|error| Err(Fatal::Closed(error.to_string())))?;
        }
        Ok(())
    }

    /// The number of shards: the configured one, or what Discord recommends, once it answers.
    async fn count(&self, queue: &StartQueue) -> Result<u32, Fatal> {
        if let Some(number) = self.gateway.settings.now().config().discord.shards {
            return Ok(number);
        }
        let mut failures = 0;
        loop {
            match queue.recommended().await {
                Ok(number) => return Ok(number),
                Err(OpenError::Fatal(fatal)) => return Err(fatal),
                Err(OpenError::Passing(error)) => tracing::warn!(error, "the gateway failed"),
            }
            failures += 1;
            tokio::time::sleep(Backoff::RECONNECT.delay(failures)).await;
        }
    }

    fn ingress(&self, shards: u32) -> Arc<Ingress> {
        let (gateway, history) = (&self.gateway, self.history.clone());
        let registry = gateway.registry.clone();
        let settings = gateway.settings.clone();
        let backfill = Backfill::new(registry, settings, history.clone(), shards);
        Arc::new(Ingress {
            events: gateway.events.clone(),
            outbox: gateway.outbox.clone(),
            settings: gateway.settings.clone(),
            history,
            backfill: Arc::new(backfill),
            stopped: self.stopped.clone(),
            warned: AtomicBool::new(false),
        })
    }

    /// A watchdog that watches until the bot stops.
    fn watchdog(&self) -> Arc<Watchdog> {
        let deaf_after = self.gateway.settings.now().config().discord.deaf_after;
        let watchdog = Arc::new(Watchdog::new(deaf_after, self.history.clone()));
        let (watching, given_up) = (Arc::clone(&watchdog), self.given_up.clone());
        let mut stopped = self.stopped.clone();
        tokio::spawn(async move {
            tokio::select! {
                // The first one to be sent is enough.
                deaf = watching.watch() => drop(given_up.try_send(deaf)),
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        });
        watchdog
    }
}
