//! One connection to the gateway: it sends one IDENTIFY and is resumed as often as possible.
//!
//! A shard of twilight's asks its queue for another IDENTIFY when it cannot resume its session. Here the queue grants one,
//! and a connection without a session ends: the next one is opened only when another session may be started.

use std::{
    error::Error as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use hyper::Uri;
use tokio::sync::{oneshot, watch};
use twilight_gateway::{
    CloseFrame, Config, ConfigBuilder, Intents, Message, ShardId, ShardState,
    error::{ReceiveMessageError, ReceiveMessageErrorType},
    queue::Queue,
};

use super::{
    handler::Handler,
    resumption::{Received, Resumption},
};
use crate::discord::{Fatal, shard::Shard};

/// How long Discord may take to accept a connection and to say HELLO.
const CONNECTING: Duration = Duration::from_secs(20);

/// How long an orderly close may take.
const CLOSING: Duration = Duration::from_secs(2);

/// How often the watchdog is told the state of the connection.
const PULSE: Duration = Duration::from_secs(1);

/// Why there is no connection.
pub(crate) enum OpenError {
    Fatal(Fatal),
    Passing(String),
}

/// Grants the first IDENTIFY at once, and no other.
#[derive(Debug, Default)]
struct OneIdentify {
    is_granted: AtomicBool,
    /// A request that is never answered. Without it the shard would ask again.
    refused: Mutex<Option<oneshot::Sender<()>>>,
}

impl OneIdentify {
    fn has_refused(&self) -> bool {
        let refused = self.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Queue for OneIdentify {
    fn enqueue(&self, _: u32) -> oneshot::Receiver<()> {
        let (grant, granted) = oneshot::channel();
        if self.is_granted.swap(true, Ordering::Relaxed) {
            let refused = self.refused.lock();
            *refused.unwrap_or_else(PoisonError::into_inner) = Some(grant);
        } else {
            // Fails if the shard no longer waits.
            grant.send(()).unwrap_or_default();
        }
        granted
    }
}

/// What every connection of the bot needs. The connections share its TLS connector, which loads all certificates.
pub(crate) struct ConnectionSetup(Config<()>);

/// An open connection that has not yet sent its IDENTIFY.
pub(crate) struct Connection(twilight_gateway::Shard<OneIdentify>);

impl ConnectionSetup {
    /// Call it after a client for requests has been made: that reports what twilight panics on, a system without TLS.
    pub(crate) fn new(token: &str, intents: Intents) -> Self {
        let config = ConfigBuilder::new(token.to_owned(), intents);
        Self(config.queue(()).build())
    }

    /// Connects, without an IDENTIFY.
    pub(crate) async fn connect(&self, shard: Shard, url: &str) -> Result<Connection, OpenError> {
        if !is_address(url) {
            return Err(OpenError::Passing(format!("{url} is no address")));
        }
        let config = ConfigBuilder::from(self.0.clone())
            .queue(OneIdentify::default())
            .proxy_url(url.trim_end_matches('/').to_owned());
        let id = ShardId::new(shard.id, shard.total);
        let mut shard = twilight_gateway::Shard::with_config(id, config.build());
        let hello = tokio::time::timeout(CONNECTING, shard.next()).await;
        let hello = hello.map_err(|_| OpenError::Passing("no answer in time".into()))?;
        match hello {
            // twilight has a limit from HELLO on.
            Some(Ok(Message::Text(_))) if shard.ratelimiter().is_some() => Ok(Connection(shard)),
            Some(Ok(Message::Text(_))) => {
                Err(OpenError::Passing("Discord did not say HELLO".into()))
            }
            Some(Ok(Message::Close(frame))) => Err(closed(&shard, frame)),
            Some(Err(error)) => Err(OpenError::Passing(reason(&error))),
            None => Err(OpenError::Passing("Discord closed the connection".into())),
        }
    }
}

impl Connection {
    /// Sends the IDENTIFY and serves the connection until it can no longer be resumed, or `stopped` is true. Fails if its
    /// session is given up, or if Discord says not to come back.
    pub(super) async fn serve(
        mut self,
        handler: &Handler,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), OpenError> {
        let mut pulse = tokio::time::interval(PULSE);
        let mut was_connected = false;
        let mut resumption = Resumption::new(Instant::now());
        loop {
            let received = tokio::select! {
                received = self.0.next() => Some(received),
                _ = pulse.tick() => None,
                () = until_stopped(&mut stopped) => {
                    self.close().await;
                    return Ok(());
                }
            };
            let (state, now) = (self.0.state(), Instant::now());
            let is_connected = state == ShardState::Active;
            if std::mem::replace(&mut was_connected, is_connected) != is_connected {
                handler.ingress.connected(handler.shard, is_connected);
            }
            let received = match received {
                None => {
                    let latency = self.0.latency().recent().first().copied();
                    let mut liveness = handler.watchdog.liveness();
                    liveness.pulse(is_connected, latency, now);
                    if let Some(reason) = resumption.failure(state, now) {
                        return Err(OpenError::Passing(reason.into()));
                    }
                    Received::Nothing
                }
                Some(Some(Ok(Message::Text(json)))) => {
                    let opcode = handler.receive(&json);
                    Received::Message(opcode.map_err(OpenError::Passing)?)
                }
                Some(Some(Ok(Message::Close(frame)))) if state == ShardState::FatallyClosed => {
                    return Err(closed(&self.0, frame));
                }
                Some(Some(Ok(Message::Close(frame)))) => {
                    let code = frame.map(|frame| frame.code);
                    tracing::debug!(shard = %handler.shard, code, "the gateway connection was closed");
                    Received::Close
                }
                Some(Some(Err(error))) => {
                    self.failed(handler, &error)?;
                    Received::Failure
                }
                Some(None) => return Ok(()),
            };
            if self.has_no_session() {
                return Ok(());
            }
            let wait = resumption.observe(received, state, now);
            if wait.is_zero() {
                continue;
            }
            tracing::warn!(
                shard = %handler.shard,
                wait_s = wait.as_secs(),
                "Discord ended the connection as soon as it was open; waiting before the next attempt"
            );
            handler.watchdog.liveness().ended();
            let stop = until_stopped(&mut stopped);
            if tokio::time::timeout(wait, stop).await.is_ok() {
                self.close().await;
                return Ok(());
            }
            resumption.waited(Instant::now());
            pulse.reset();
        }
    }

    /// Takes an error of twilight's. Fails if it ends the session.
    fn failed(&self, handler: &Handler, error: &ReceiveMessageError) -> Result<(), OpenError> {
        match error.kind() {
            ReceiveMessageErrorType::Deserializing { .. } => {
                handler.unreadable("an event", &reason(error));
            }
            // twilight tries again, later each time.
            ReceiveMessageErrorType::Reconnect if self.0.session().is_some() => {
                tracing::warn!(
                    shard = %handler.shard,
                    error = reason(error),
                    "Discord is out of reach; trying again to resume the connection"
                );
            }
            _ => return Err(OpenError::Passing(reason(error))),
        }
        Ok(())
    }

    /// Whether another session would have to be started.
    fn has_no_session(&self) -> bool {
        let is_disconnected = matches!(self.0.state(), ShardState::Disconnected { .. });
        // twilight panics on an address that is none.
        let is_nowhere = self.0.resume_url().is_some_and(|url| !is_address(url));
        (is_disconnected && self.0.session().is_none())
            || self.0.config().queue().has_refused()
            || is_nowhere
    }

    async fn close(mut self) {
        if matches!(self.0.state(), ShardState::Disconnected { .. }) {
            return;
        }
        self.0.close(CloseFrame::NORMAL);
        let closed = async { while let Some(Ok(Message::Text(_))) = self.0.next().await {} };
        if tokio::time::timeout(CLOSING, closed).await.is_err() {
            tracing::debug!("Discord did not answer the close in time");
        }
    }
}

/// A dropped sender means the same as a stop.
async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// Whether twilight can connect to it.
fn is_address(url: &str) -> bool {
    format!("{url}/?v=10").parse::<Uri>().is_ok()
}

/// Why a connection failed, without the event that could not be read.
fn reason(error: &ReceiveMessageError) -> String {
    let mut source = error.source();
    let mut reasons = Vec::new();
    while let Some(error) = source {
        reasons.push(error.to_string());
        source = error.source();
    }
    reasons.join(": ")
}

/// What a close by Discord means (Discord developer docs, "Gateway Close Event Codes").
fn closed(
    shard: &twilight_gateway::Shard<OneIdentify>,
    frame: Option<CloseFrame<'static>>,
) -> OpenError {
    let (code, reason) = frame.map_or((None, "".into()), |it| (Some(it.code), it.reason));
    match code {
        Some(4004) => OpenError::Fatal(Fatal::TokenRejected),
        Some(4014) => OpenError::Fatal(Fatal::IntentRefused),
        code => {
            let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            let text = format!("{reason} (code {code})");
            match shard.state() {
                ShardState::FatallyClosed => OpenError::Fatal(Fatal::Closed(text)),
                _ => OpenError::Passing(text),
            }
        }
    }
}
