//! What every text passes on its way out of a channel: secrets stay in.

use std::sync::Arc;

use crate::{
    redact::{Redactor, Thread},
    snowflake::ChannelId,
};

/// One channel's veil.
pub(super) struct Veil {
    channel: ChannelId,
    thread: Thread,
}

impl Veil {
    pub(super) fn new(redactor: &Arc<Redactor>, channel: ChannelId) -> Self {
        Self {
            channel,
            thread: Thread::new(Arc::clone(redactor)),
        }
    }

    /// A text as it may be read there, whole: a secret must not be hidden by the cut between two messages. The log
    /// is told what was found, never its value.
    pub(super) fn draw(&mut self, text: &str) -> String {
        let redacted = self.thread.redact(text);
        for kind in &redacted.kinds {
            tracing::warn!(channel = %self.channel, %kind, "a secret was redacted from an answer");
        }
        redacted.text.into_owned()
    }
}
