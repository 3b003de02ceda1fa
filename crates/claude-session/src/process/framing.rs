//! Splits the bytes of a pipe into lines of limited length.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// The longest line that is read, in bytes. A longer one, which an image or a large tool result may cause, is dropped.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line without its newline, as UTF-8; a question mark replaces each byte that was not.
    Line(Bytes),
    /// A line that exceeded the limit, by its length.
    TooLong { bytes: u64 },
}

/// Splits chunks at newlines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    limit: usize,
    /// The start of an incomplete line.
    pending: Vec<u8>,
    /// How much of a line has been dropped.
    dropped: u64,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Takes the next line off a chunk; `None` if what remains is not a whole line, in which case it is kept. A line
    /// within one chunk shares its memory.
    pub(super) fn next(&mut self, chunk: &mut Bytes) -> Option<Piece> {
        let Some(end) = chunk.iter().position(|byte| *byte == b'\n') else {
            self.keep(&std::mem::take(chunk));
            return None;
        };
        let line = chunk.split_to(end);
        chunk.advance(1);
        Some(self.complete(line))
    }

    /// The last line, if it has no newline.
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
        // Drops the spare capacity, which may be as large again.
        let line = std::mem::take(&mut self.pending).into_boxed_slice();
        Piece::Line(valid_utf8(line.into()))
    }
}

/// Makes a line valid UTF-8 without making it longer: U+FFFD would take three bytes for each bad one.
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
#[derive(Debug, Default)]
pub(super) struct Tail {
    limit: usize,
    bytes: VecDeque<u8>,
}

impl Tail {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(self.limit)..];
        let excess = (self.bytes.len() + chunk.len()).saturating_sub(self.limit);
        self.bytes.drain(..excess);
        self.bytes.extend(chunk);
    }

    pub(super) fn text(&self) -> String {
        let (front, back) = self.bytes.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

#[cfg(test)]
mod tests;
