//! The state that all connections share, and the one lock around it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{broadcast, watch};

use crate::{
    Snowflake,
    event::Event,
    fault::Faults,
    gateway::{Gateway, Terms},
    hosted::Hosted,
    limit::Limits,
    record::Record,
    world::{Cast, World},
};

/// All that can change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) gateway: Gateway,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) record: Record,
    /// The files that people attach.
    pub(crate) hosted: Hosted,
    /// Where the page hears what happens: one JSON object each.
    pub(crate) page: broadcast::Sender<Arc<str>>,
}

/// What is settled when the server starts.
pub(crate) struct Settings {
    /// The bot's token.
    pub(crate) token: String,
    /// What the page proves with that it is the page.
    pub(crate) page_token: String,
    pub(crate) banner: Option<String>,
    pub(crate) address: SocketAddr,
    pub(crate) ws_url: String,
    pub(crate) cast: Cast,
}

/// A handle on both, cheap to clone.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    settings: Settings,
    /// A `std` mutex: nothing is awaited while it is held.
    state: Mutex<State>,
    /// Counts the changes, for those who wait for one.
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

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms {
            token: &self.0.settings.token,
            ws_url: &self.0.settings.ws_url,
        }
    }

    /// The bot's user.
    pub(crate) fn bot(&self) -> Snowflake {
        self.read(|state| state.world.bot)
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state. What the gateway is to send because of it goes out in one flush.
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

    /// Tells of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// The lock. A thread that panicked with it has left the state as whole as any other change
    /// does, so it is taken all the same.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
