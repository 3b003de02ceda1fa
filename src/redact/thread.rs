//! Messages that follow one another.

use std::sync::Arc;

use super::{Redacted, Redactor};

/// Redacts messages that are read one after the other. A secret that is cut across several of them loses what comes
/// after its first cut; what went out before cannot be taken back, but of a long key even half is found by itself.
#[derive(Debug)]
pub struct Thread {
    redactor: Arc<Redactor>,
    /// The end of what was said, as far as a secret may have begun there.
    before: String,
}

impl Thread {
    /// A thread in which nothing has been said.
    #[must_use]
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            before: String::new(),
        }
    }

    /// The next message, as it may go out.
    #[must_use]
    pub fn redact(&mut self, text: &str) -> Redacted<'static> {
        let all = [&self.before, text].concat();
        let new = self.before.len()..all.len();
        let scan = self.redactor.scan(&all);
        let redacted = Redacted {
            text: scan.replaced(&all, new.clone()).into_owned().into(),
            kinds: scan.kinds(new),
        };
        all[scan.values_from..].clone_into(&mut self.before);
        redacted
    }
}
