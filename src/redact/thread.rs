//! Messages that follow one another.

use std::sync::Arc;

use super::{Redacted, Redactor};

/// Redacts messages that are read one after the other. Of a secret that is cut in two by them the second part is taken
/// out. The first has gone out by then and can't be taken back: of a key (32 letters and digits or more, two of each
/// at least) it is less than half, because halves are found by themselves; of a value of more than 256 characters, less
/// than so many; of any other it may be all but the last character. What is known by its shape alone is found in one
/// message alone.
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
        let mut scan = self.redactor.scan(&all);
        if !self.before.is_empty() {
            // What was said before may have it read otherwise: `%a` before `c`.
            scan.add(self.redactor.scan(text), new.start);
        }
        let redacted = Redacted {
            text: scan.replaced(&all, new.clone()).into_owned().into(),
            kinds: scan.kinds(new),
        };
        all[scan.values_from..].clone_into(&mut self.before);
        redacted
    }
}
