//! The state that all connections share, and its lock.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{broadcast, watch};

use crate::{
    Snowflake,
    event::Event,
    fault::Faults,
    gateway::{Credentials, Gateway},
    rate_limit::RateLimits,
    record::Record,
    world::{SeedIds, World},
};

/// Everything that can change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) gateway: Gateway,
    pub(crate) faults: Faults,
    pub(crate) rate_limits: RateLimits,
    pub(crate) record: Record,
    /// Updates for the page, each a JSON object.
    pub(crate) page: broadcast::Sender<Arc<str>>,
}

/// What Discord recommends about shards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shards {
    pub(crate) recommended: u32,
    /// How many may send an IDENTIFY within 5 s.
    pub(crate) max_concurrency: u32,
}

/// What is fixed when the server starts.
pub(crate) struct Settings {
    /// The bot's token.
    pub(crate) token: String,
    /// The token that authorizes the page.
    pub(crate) page_token: String,
    pub(crate) banner: Option<String>,
    pub(crate) welcome: Option<String>,
    pub(crate) address: SocketAddr,
    pub(crate) ws_url: String,
    /// How far its `Date` is ahead, in seconds.
    pub(crate) seconds_ahead: i64,
    pub(crate) shards: Shards,
    pub(crate) seed: SeedIds,
}

/// A handle on settings and state, cheap to clone.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    settings: Settings,
    /// A `std` mutex, since nothing is awaited while it is held.
    state: Mutex<State>,
    /// Counts the changes, for tasks that wait for one.
    changes: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, state: State) -> Self {
        Self(Arc::new(Inner {
            settings,
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        }))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn credentials(&self) -> Credentials<'_> {
        Credentials {
            token: &self.0.settings.token,
            ws_url: &self.0.settings.ws_url,
        }
    }

    /// The bot's user.
    pub(crate) fn bot(&self) -> Snowflake {
        self.read(|state| state.world.bot)
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state. Gateway events that result from it go out in one flush.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = {
            let mut state = self.lock();
            let connected = state.gateway.connected();
            let result = change(&mut state);
            if state.gateway.connected() != connected {
                state.publish(&Event::Connection);
            }
            state.gateway.flush();
            result
        };
        self.0.changes.send_modify(|count| *count += 1);
        result
    }

    /// Notifies of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// The locked state. A panic of another thread does not leave it inconsistent, so poisoning is
    /// ignored.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
