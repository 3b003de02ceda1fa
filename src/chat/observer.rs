//! Observers of everything that goes through the chat port.
//!
//! The bot never waits for an observer. One that is slow loses the oldest of what it has not taken yet, and is told how
//! many ([`RecvError::Lagged`](broadcast::error::RecvError::Lagged)). Without an observer nothing is copied.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{ChatEvent, ChatOp};

/// How many values are kept for the slowest observer.
const KEPT: usize = 1_024;

/// What goes through the chat port.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatTraffic {
    /// From the chat service.
    In(ChatEvent),
    /// To the chat service.
    Out(ChatOp),
}

/// Where observers subscribe. Clones share it.
#[derive(Debug, Clone)]
pub struct Observers {
    chat: broadcast::Sender<Arc<ChatTraffic>>,
}

impl Default for Observers {
    fn default() -> Self {
        Self {
            chat: broadcast::Sender::new(KEPT),
        }
    }
}

impl Observers {
    /// Everything that goes through the chat port from now on.
    #[must_use]
    pub fn subscribe_chat(&self) -> broadcast::Receiver<Arc<ChatTraffic>> {
        self.chat.subscribe()
    }

    /// Shows observers of the chat port something; `traffic` is called only if there are any.
    pub(crate) fn chat(&self, traffic: impl FnOnce() -> ChatTraffic) {
        if self.chat.receiver_count() > 0 {
            // An error means that the last observer has just left.
            drop(self.chat.send(Arc::new(traffic())));
        }
    }
}

#[cfg(test)]
mod tests;
