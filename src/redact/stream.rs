//! A text that arrives in pieces.

use std::{collections::BTreeSet, mem, sync::Arc};

use super::{Kind, Redactor};

/// Redacts a text that arrives in pieces, wherever it is cut. What it gives out, put together, is what
/// [`Redactor::redact`] makes of the whole.
#[derive(Debug)]
pub struct Stream {
    redactor: Arc<Redactor>,
    /// What may yet be the beginning of something.
    pending: String,
    kinds: BTreeSet<Kind>,
}

impl Stream {
    /// A stream at its beginning.
    #[must_use]
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            pending: String::new(),
            kinds: BTreeSet::new(),
        }
    }

    /// Takes in a piece, and gives what is settled: of plain words, all but the last one.
    #[must_use]
    pub fn push(&mut self, piece: &str) -> String {
        self.pending.push_str(piece);
        let scan = self.redactor.scan(&self.pending);
        let settled = 0..scan.settled;
        self.kinds.append(&mut scan.kinds(settled.clone()));
        let given = scan.replaced(&self.pending, settled.clone()).into_owned();
        self.pending.drain(settled);
        given
    }

    /// The rest.
    #[must_use]
    pub fn finish(&mut self) -> String {
        let pending = mem::take(&mut self.pending);
        let mut rest = self.redactor.redact(&pending);
        self.kinds.append(&mut rest.kinds);
        rest.text.into_owned()
    }

    /// What was found so far.
    #[must_use]
    pub fn kinds(&self) -> &BTreeSet<Kind> {
        &self.kinds
    }
}
