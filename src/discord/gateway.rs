//! The gateway: receives what Discord sends, in order.
//!
//! # Theory of operation
//!
//! serenity spawns a task for each event, and on a runtime with several threads the newest may run first: two messages
//! sent at once usually arrive swapped. So serenity runs on a thread and a current-thread runtime of its own, whose queue
//! is first in, first out, and handlers pass events on before they await anything. The burst test covers both.
//!
//! A `connection` sends one IDENTIFY and is resumed as often as possible. The next one is opened here, when
//! [`session_start`](super::session_start) allows another session. The `Watchdog` ends a process that receives nothing
//! any more.

mod connection;
mod handler;
mod liveness;
mod watchdog;

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

use serenity::{all::GatewayIntents, gateway::GatewayError, http::HttpBuilder};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::AbortHandle,
};

use self::{
    connection::{Connection, ConnectionSetup},
    handler::Handler,
    watchdog::Watchdog,
};
use super::{Fatal, backfill::Backfill, ingress::Ingress, login::Login, session_start::NextStart};
use crate::{
    backoff::Backoff,
    channel::intake::Intake,
    chat::{ChatEvent, Outbox},
    config::{ApiBase, Token},
    registry::Registry,
};

/// How long serenity may take to close its connection.
const CLOSING: Duration = Duration::from_secs(7);

pub(crate) struct Gateway {
    pub(crate) token: Token,
    /// A loopback Discord in place of the real one.
    pub(crate) api_base: Option<ApiBase>,
    pub(crate) intake: Intake,
    pub(crate) events: mpsc::UnboundedSender<ChatEvent>,
    /// For replies to interactions that are refused.
    pub(crate) outbox: Outbox,
    pub(crate) registry: Registry,
}

pub(crate) struct Running {
    stop: watch::Sender<bool>,
    watching: AbortHandle,
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
        result.unwrap_or_else(|_| Err(Fatal::Closed("the gateway's thread has ended".into())))
    }

    /// Closes the connection. Later events are dropped.
    pub(crate) async fn close(mut self) {
        self.stop.send_replace(true);
        self.watching.abort();
        if tokio::time::timeout(CLOSING, self.ended()).await.is_err() {
            tracing::debug!("the gateway did not close in time");
        }
    }
}

/// Starts the gateway on a thread of its own.
pub(crate) fn start(gateway: Gateway, login: &Login) -> std::io::Result<Running> {
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = oneshot::channel();
    let mut intents = GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_TYPING
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::DIRECT_MESSAGE_TYPING;
    if login.reads_content {
        intents |= GatewayIntents::MESSAGE_CONTENT;
    } else {
        tracing::warn!(
            "the message content intent is not ticked, so the bot can read only direct messages and messages that \
             mention it. Tick it in the Developer Portal: your application, \"Bot\", \"Privileged Gateway \
             Intents\", \"Message Content Intent\"; then start again"
        );
    }
    let config = &gateway.intake.config;
    let history = &login.history;
    let watchdog = Arc::new(Watchdog::new(config.discord.deaf_after, history.clone()));
    let backfill = Backfill::new(gateway.registry.clone(), config, history.clone());
    let backfill = Arc::new(backfill);
    let ingress = Arc::new(Ingress {
        events: gateway.events.clone(),
        outbox: gateway.outbox.clone(),
        intake: gateway.intake.clone(),
        history: history.clone(),
        backfill: Arc::clone(&backfill),
        stopped,
        warned: AtomicBool::new(false),
    });
    let handler = Handler {
        ingress: Arc::clone(&ingress),
        watchdog: Arc::clone(&watchdog),
        application: login.application,
        was_ready: AtomicBool::new(false),
    };
    let http = HttpBuilder::new(gateway.token.expose()).client(history.rest.client());
    let line = ConnectionSetup {
        token: gateway.token.expose().to_owned(),
        intents,
        handler: Arc::new(handler),
        http: Arc::new(http.build()),
    };
    // Not on the gateway's thread, which may be what hangs.
    let (given_up, deaf) = mpsc::channel(1);
    let watching = tokio::spawn({
        let watchdog = Arc::clone(&watchdog);
        async move {
            // Fails if the bot is shutting down.
            drop(given_up.send(watchdog.watch().await).await);
        }
    });
    let watching = watching.abort_handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("gateway".into())
        .spawn(move || {
            runtime.spawn(async move { backfill.record_connection().await });
            let result = runtime.block_on(keep_open(gateway, line, watchdog, ingress));
            runtime.shutdown_background();
            // Fails if the bot is shutting down.
            drop(end.send(result));
        })?;
    Ok(Running {
        stop,
        watching,
        deaf,
        ended: Some(ended),
    })
}

/// Opens a connection, and another one whenever it has ended, until Discord says not to come back.
async fn keep_open(
    gateway: Gateway,
    line: ConnectionSetup,
    watchdog: Arc<Watchdog>,
    ingress: Arc<Ingress>,
) -> Result<(), Fatal> {
    let mut stopped = ingress.stopped.clone();
    let mut failures = 0;
    loop {
        let opened = Instant::now();
        let opening = open(&gateway, &line, &watchdog);
        let connection = tokio::select! {
            connection = opening => connection,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        };
        let result = match connection {
            // In a task of its own, because serenity panics on some events. The next connection fetches what was missed.
            Ok(connection) => {
                let serving = connection.serve(Arc::clone(&watchdog), stopped.clone());
                match tokio::spawn(serving).await {
                    Ok(served) => served.map_err(|error| failure(&error)),
                    Err(_) => Err(OpenError::Passing("serenity panicked".into())),
                }
            }
            Err(failure) => Err(failure),
        };
        watchdog.liveness().ended();
        ingress.connected(false);
        if *stopped.borrow() {
            return Ok(());
        }
        match result {
            Ok(()) => tracing::warn!("the gateway connection could not be resumed"),
            Err(OpenError::Fatal(fatal)) => return Err(fatal),
            Err(OpenError::Passing(error)) => tracing::warn!(error, "the gateway failed"),
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

enum OpenError {
    Fatal(Fatal),
    Passing(String),
}

/// Connects as soon as another session may be started.
async fn open(
    gateway: &Gateway,
    line: &ConnectionSetup,
    watchdog: &Watchdog,
) -> Result<Connection, OpenError> {
    loop {
        let found = watchdog.history.rest.gateway().await;
        let found = found.map_err(|failed| match failed.status {
            Some(401) => OpenError::Fatal(Fatal::TokenRejected),
            _ => OpenError::Passing(failed.reason),
        })?;
        if let Some(base) = &gateway.api_base {
            let wanted = base.as_str().replacen("http://", "ws://", 1);
            if !found.url.starts_with(&wanted) {
                return Err(OpenError::Fatal(Fatal::NotLoopback(found.url)));
            }
        }
        let limit = found.session_start_limit;
        let next = limit.next_start();
        let (NextStart::After(wait) | NextStart::AtReset(wait)) = next;
        if !wait.is_zero() {
            tracing::warn!(
                wait_s = wait.as_secs(),
                remaining = limit.remaining,
                total = limit.total,
                "the bot has connected very often, and Discord resets the token of a bot that connects too often; \
                 waiting before the next connection"
            );
            watchdog.liveness().waits(wait, Instant::now());
            tokio::time::sleep(wait).await;
        }
        if let NextStart::After(_) = next {
            let connection = line.connect(&found.url).await;
            return connection.map_err(|error| failure(&error));
        }
    }
}

fn failure(error: &serenity::Error) -> OpenError {
    let serenity::Error::Gateway(gateway) = error else {
        return OpenError::Passing(error.to_string());
    };
    match gateway {
        GatewayError::InvalidAuthentication => OpenError::Fatal(Fatal::TokenRejected),
        GatewayError::DisallowedGatewayIntents => OpenError::Fatal(Fatal::IntentRefused),
        GatewayError::InvalidGatewayIntents
        | GatewayError::InvalidShardData
        | GatewayError::OverloadedShard => OpenError::Fatal(Fatal::Closed(gateway.to_string())),
        _ => OpenError::Passing(error.to_string()),
    }
}
