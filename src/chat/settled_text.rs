//! Text that grows, and what of it can be shown.

use super::{unfinished_control_sequence, with_line_feeds, without_control_sequences};
use crate::redact::Redactor;

/// Text that grows. Each byte of it is looked at a bounded number of times.
#[derive(Debug, Default)]
pub struct SettledText {
    /// What may be a part of a control sequence, depending on what follows.
    raw: String,
    /// What may be a part of a secret, depending on what follows, without control sequences.
    unsettled: String,
    /// The end of what comes before that, unredacted.
    before: String,
}

impl SettledText {
    /// Begins with `text`, after the text `before`.
    pub fn new(text: &str, before: String) -> Self {
        Self {
            raw: text.to_owned(),
            unsettled: String::new(),
            before,
        }
    }

    pub fn append(&mut self, text: &str) {
        self.raw.push_str(text);
    }

    /// How many bytes wait for more text.
    #[cfg(test)]
    pub(crate) fn held_back(&self) -> usize {
        self.raw.len() + self.unsettled.len()
    }

    /// Takes what is new and can be shown, without control sequences and redacted.
    pub fn take(&mut self, redactor: &Redactor) -> String {
        let mut end = unfinished_control_sequence(&self.raw);
        if self.raw[..end].ends_with('\r') {
            // Its line feed may follow.
            end -= 1;
        }
        self.clean(end);
        let end = redactor.settled(&self.before, &self.unsettled);
        self.settle(end, redactor)
    }

    /// Takes the rest, because nothing follows.
    pub fn finish(&mut self, redactor: &Redactor) -> String {
        self.clean(self.raw.len());
        self.settle(self.unsettled.len(), redactor)
    }

    /// Moves on what has come whole, without control sequences: they may hold the parts of a secret apart. An `ansi` block
    /// gets its colors at the end.
    fn clean(&mut self, end: usize) {
        let text = with_line_feeds(&self.raw[..end]);
        self.unsettled
            .push_str(&without_control_sequences(&text, false));
        self.raw.drain(..end);
    }

    fn settle(&mut self, end: usize, redactor: &Redactor) -> String {
        let text = &self.unsettled[..end];
        if text.is_empty() {
            return String::new();
        }
        let shown = redactor.redact_after(&self.before, text).text.into_owned();
        self.before = redactor.tail(&self.before, text);
        self.unsettled.drain(..end);
        shown
    }
}

#[cfg(test)]
mod tests;
