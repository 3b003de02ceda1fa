//! Lets shards connect one after the other, each as soon as it may start a session.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use super::{
    connection::{Connection, ConnectionSetup, OpenError},
    watchdog::Watchdog,
};
use crate::{
    config::ApiBase,
    discord::{
        Fatal,
        rest::{GatewayBot, Rest},
        session_start::{NextStart, START_INTERVAL},
        shard::Shard,
    },
};

/// How often the watchdog of a shard is told that the shard waits for others.
const TOLD_EVERY: Duration = Duration::from_secs(1);

pub(super) struct StartQueue {
    pub(super) rest: Rest,
    pub(super) setup: ConnectionSetup,
    /// A loopback Discord in place of the real one.
    pub(super) api_base: Option<ApiBase>,
    /// Held by the shard that connects.
    pub(super) turn: Mutex<Turn>,
}

#[derive(Default)]
pub(super) struct Turn {
    /// What Discord said about the number of shards: the first one need not ask again.
    found: Option<GatewayBot>,
    /// When a shard of each bucket last connected.
    connected: HashMap<u32, Instant>,
}

impl StartQueue {
    /// How many shards Discord recommends.
    pub(super) async fn recommended(&self) -> Result<u32, OpenError> {
        let found = self.ask().await?;
        let shards = found.shards;
        self.turn.lock().await.found = Some(found);
        Ok(shards)
    }

    /// Connects a shard as soon as another session may be started.
    pub(super) async fn connect(
        &self,
        shard: Shard,
        watchdog: &Watchdog,
    ) -> Result<Connection, OpenError> {
        let mut turn = self.turn(watchdog).await;
        loop {
            let found = match turn.found.take() {
                Some(found) => found,
                None => self.ask().await?,
            };
            if found.shards > shard.total {
                tracing::warn!(
                    connections = shard.total,
                    recommended = found.shards,
                    "the bot is in so many guilds that Discord recommends more connections, and may refuse to go on: set \
                     `discord.shards` to \"auto\" or to this number, and start the bot again"
                );
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
                watchdog.liveness().waits(wait, Instant::now().into_std());
                tokio::time::sleep(wait).await;
            }
            if let NextStart::After(_) = next {
                let bucket = limit.bucket(shard.id);
                if let Some(last) = turn.connected.get(&bucket) {
                    tokio::time::sleep_until(*last + START_INTERVAL).await;
                }
                let connection = self.setup.connect(shard, &found.url).await?;
                turn.connected.insert(bucket, Instant::now());
                return Ok(connection);
            }
        }
    }

    /// Waits for the shard's turn. Meanwhile it is not deaf.
    async fn turn(&self, watchdog: &Watchdog) -> MutexGuard<'_, Turn> {
        let turn = self.turn.lock();
        tokio::pin!(turn);
        loop {
            tokio::select! {
                turn = &mut turn => return turn,
                () = tokio::time::sleep(TOLD_EVERY) => {
                    let now = Instant::now().into_std();
                    watchdog.liveness().waits(Duration::ZERO, now);
                }
            }
        }
    }

    /// Asks Discord where its gateway is.
    async fn ask(&self) -> Result<GatewayBot, OpenError> {
        let found = self.rest.gateway().await;
        let found = found.map_err(|failed| match failed.status {
            Some(401) => OpenError::Fatal(Fatal::TokenRejected),
            _ => OpenError::Passing(failed.reason),
        })?;
        if let Some(base) = &self.api_base {
            let wanted = base.as_str().replacen("http://", "ws://", 1);
            if !found.url.starts_with(&wanted) {
                return Err(OpenError::Fatal(Fatal::NotLoopback(found.url)));
            }
        }
        Ok(found)
    }
}
