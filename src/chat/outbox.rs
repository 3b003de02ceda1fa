//! The channels' end of the chat port.

use tokio::sync::mpsc;

use super::{
    ChatOp, Post, PostKey,
    observer::{ChatTraffic, Observers},
};
use crate::snowflake::ChannelId;

/// Takes operations, in order, to the chat service. Clones share one queue; the adapter ends when the last is dropped.
#[derive(Debug, Clone)]
pub struct Outbox {
    ops: mpsc::UnboundedSender<ChatOp>,
    observers: Observers,
}

impl Outbox {
    /// An outbox, and the receiver of its operations.
    pub fn new(observers: Observers) -> (Self, mpsc::UnboundedReceiver<ChatOp>) {
        let (ops, receiver) = mpsc::unbounded_channel();
        (Self { ops, observers }, receiver)
    }

    /// Queues an operation.
    pub fn send(&self, op: ChatOp) {
        self.observers.chat(|| ChatTraffic::Out(op.clone()));
        if self.ops.send(op).is_err() {
            tracing::error!("the chat adapter has ended; an operation is lost");
        }
    }

    /// Queues a [`ChatOp::Put`] of a post that no earlier process posted.
    pub fn put(&self, channel: ChannelId, key: PostKey, post: Post) {
        self.send(ChatOp::Put {
            channel,
            key,
            post: Box::new(post),
            known: Vec::new(),
        });
    }
}
