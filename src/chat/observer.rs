//! Observers of everything that goes through the chat port.
//!
//! The bot never waits for an observer. A slow one loses the oldest values that it has not taken yet and is told how many
//! ([`RecvError::Lagged`](broadcast::error::RecvError::Lagged)). Without an observer nothing is copied.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::{ChatEvent, ChatOp};

/// How many values are kept for the slowest observer.
const KEPT: usize = 1_024;

/// A value on its way through the chat port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatTraffic {
    /// From the chat service.
    In(ChatEvent),
    /// To the chat service.
    Out(ChatOp),
}

/// Where observers subscribe. Clones share the subscribers.
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
    /// Receives everything that goes through the chat port from now on.
    pub fn subscribe_chat(&self) -> broadcast::Receiver<Arc<ChatTraffic>> {
        self.chat.subscribe()
    }

    /// `traffic` is called only if somebody observes.
    pub(crate) fn chat(&self, traffic: impl FnOnce() -> ChatTraffic) {
        if self.chat.receiver_count() > 0 {
            // Fails if the last observer has just left.
            drop(self.chat.send(Arc::new(traffic())));
        }
    }
}

#[cfg(test)]
mod tests;
