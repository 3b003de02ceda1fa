//! The bytes of a pipe as lines, with a bound on their length.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// The longest line that is read, in bytes. Lines with images or large tool results can be longer; they are dropped.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// A line, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line without its newline, as UTF-8; a question mark stands for each byte that was not.
    Line(Bytes),
    /// A line that was longer than the bound and was dropped.
    TooLong {
        /// Its whole length in bytes.
        bytes: u64,
    },
}

/// Splits chunks at newlines.
#[derive(Debug)]
pub(super) struct Lines {
    limit: usize,
    /// The beginning of a line that is not complete.
    pending: Vec<u8>,
    /// The length of the line that is being dropped.
    dropped: u64,
}

impl Lines {
    /// A splitter that keeps lines of at most `limit` bytes.
    #[must_use]
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            pending: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes the next line off a chunk; `None` when the rest of it, which is kept, is no whole line. A line that lies
    /// within one chunk shares its memory.
    #[must_use]
    pub(super) fn next(&mut self, chunk: &mut Bytes) -> Option<Piece> {
        match chunk.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let line = chunk.split_to(end);
                chunk.advance(1);
                Some(self.complete(line))
            }
            None => {
                self.keep(chunk);
                chunk.clear();
                None
            }
        }
    }

    /// The last line, if it has no newline.
    #[must_use]
    pub(super) fn finish(&mut self) -> Option<Piece> {
        (!self.pending.is_empty() || self.dropped > 0).then(|| self.complete(Bytes::new()))
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.dropped > 0 {
            self.dropped += bytes.len() as u64;
        } else if self.pending.len() + bytes.len() > self.limit {
            self.dropped = (self.pending.len() + bytes.len()) as u64;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn complete(&mut self, end: Bytes) -> Piece {
        if self.dropped == 0 && self.pending.is_empty() && end.len() <= self.limit {
            return Piece::Line(valid_utf8(end));
        }
        self.keep(&end);
        if self.dropped > 0 {
            let bytes = std::mem::take(&mut self.dropped);
            return Piece::TooLong { bytes };
        }
        // Without its spare capacity, which may be as large again.
        let line = std::mem::take(&mut self.pending).into_boxed_slice();
        Piece::Line(valid_utf8(line.into()))
    }
}

/// A line as UTF-8, as long as it was: U+FFFD would take three bytes for each bad one.
fn valid_utf8(line: Bytes) -> Bytes {
    if str::from_utf8(&line).is_ok() {
        return line;
    }
    let mut line = Vec::from(line);
    let mut good = 0;
    while let Err(error) = str::from_utf8(&line[good..]) {
        let bad = good + error.valid_up_to();
        let end = error.error_len().map_or(line.len(), |length| bad + length);
        line[bad..end].fill(b'?');
        good = end;
    }
    line.into()
}

/// The last bytes of a stream, for error reports.
#[derive(Debug)]
pub(super) struct Tail {
    limit: usize,
    bytes: VecDeque<u8>,
}

impl Tail {
    /// Keeps the last `limit` bytes.
    #[must_use]
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: VecDeque::new(),
        }
    }

    /// Takes in a chunk.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(self.limit)..];
        let excess = (self.bytes.len() + chunk.len()).saturating_sub(self.limit);
        self.bytes.drain(..excess);
        self.bytes.extend(chunk);
    }

    /// What was kept, as text.
    #[must_use]
    pub(super) fn text(&self) -> String {
        let (front, back) = self.bytes.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

#[cfg(test)]
mod tests;
