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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> Piece {
        Piece::Line(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn feed(lines: &mut Lines, chunk: &[u8]) -> Vec<Piece> {
        let mut chunk = Bytes::copy_from_slice(chunk);
        std::iter::from_fn(|| lines.next(&mut chunk)).collect()
    }

    #[test]
    fn lines_are_split_across_chunks() {
        let mut lines = Lines::new(100);
        assert_eq!(feed(&mut lines, b"{\"a\":\"\xc3"), []);
        assert_eq!(
            feed(&mut lines, b"\xa4\"}\n\nnext"),
            [line("{\"a\":\"ä\"}"), line("")]
        );
        assert_eq!(lines.finish(), Some(line("next")));
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn invalid_utf8_is_replaced_byte_by_byte() {
        let mut lines = Lines::new(100);
        assert_eq!(feed(&mut lines, b"a\xffb\n"), [line("a?b")]);
        assert_eq!(
            feed(&mut lines, b"\xc3\xa4\xff\xf0\x9f\x98 \xc3\n"),
            [line("ä???? ?")]
        );
    }

    #[test]
    fn a_line_over_the_bound_is_dropped_and_the_next_is_read() {
        let mut lines = Lines::new(4);
        assert_eq!(feed(&mut lines, b"12345"), []);
        assert_eq!(
            feed(&mut lines, b"678\n1234\n12345\n"),
            [
                Piece::TooLong { bytes: 8 },
                line("1234"),
                Piece::TooLong { bytes: 5 }
            ]
        );
        assert_eq!(feed(&mut lines, b"12345"), []);
        assert_eq!(lines.finish(), Some(Piece::TooLong { bytes: 5 }));
    }

    #[test]
    fn a_line_within_a_chunk_is_not_copied() {
        let mut chunk = Bytes::from_static(b"{\"a\":1}\n{");
        let whole = chunk.clone();
        let Some(Piece::Line(line)) = Lines::new(100).next(&mut chunk) else {
            panic!("no line")
        };
        assert_eq!(line.as_ptr(), whole.as_ptr());
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let mut tail = Tail::new(5);
        tail.feed(b"abc");
        tail.feed(b"defg");
        assert_eq!(tail.text(), "cdefg");
        tail.feed(b"0123456789");
        assert_eq!(tail.text(), "56789");
    }

    proptest! {
        #[test]
        fn chunking_makes_no_difference(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300),
                                        cuts in prop::collection::vec(0usize..300, 0..10)) {
            let whole = {
                let mut lines = Lines::new(50);
                let mut pieces = feed(&mut lines, &bytes);
                pieces.extend(lines.finish());
                pieces
            };
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut lines = Lines::new(50);
            let mut pieces = Vec::new();
            for pair in cuts.windows(2) {
                pieces.extend(feed(&mut lines, &bytes[pair[0]..pair[1]]));
            }
            pieces.extend(lines.finish());
            prop_assert_eq!(pieces, whole);
        }
    }
}
