//! Consecutive messages.

use std::sync::Arc;

use super::{Redacted, Redactor};

/// Redacts messages that are read one after the other, such as those of one channel.
///
/// See [`Redactor::redact_after`] for what it finds across two of them.
#[derive(Debug)]
pub struct StreamRedactor {
    redactor: Arc<Redactor>,
    /// The end of the messages so far, unredacted.
    before: String,
}

impl StreamRedactor {
    /// Starts a stream with no messages.
    #[must_use]
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            before: String::new(),
        }
    }

    /// Redacts the next message.
    #[must_use]
    pub fn redact<'a>(&mut self, text: &'a str) -> Redacted<'a> {
        let redacted = self.redactor.redact_after(&self.before, text);
        self.before = self.redactor.tail(&self.before, text);
        redacted
    }
}
