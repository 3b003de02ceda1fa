//! Bytes of a pipe, split at newlines, with a bound on a line.

/// The longest line that is kept, in bytes. What of a line is read at all is a hundredth of that: images and large
/// tool results, which can be longer, are not.
pub(super) const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// A line, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line without its newline; a question mark stands for each byte that is not UTF-8.
    Line(String),
    /// A line that was longer than the bound and was dropped.
    TooLong {
        /// Its whole length in bytes.
        bytes: u64,
    },
}

/// Splits what arrives in arbitrary chunks.
#[derive(Debug)]
pub(super) struct Lines {
    limit: usize,
    pending: Vec<u8>,
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

    /// Takes in a chunk and returns the lines that it completes.
    #[must_use]
    pub(super) fn feed(&mut self, mut chunk: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(end) = chunk.iter().position(|byte| *byte == b'\n') {
            self.keep(&chunk[..end]);
            pieces.push(self.take());
            chunk = &chunk[end + 1..];
        }
        self.keep(chunk);
        pieces
    }

    /// The unfinished last line, if there is one.
    #[must_use]
    pub(super) fn finish(&mut self) -> Option<Piece> {
        (!self.pending.is_empty() || self.dropped > 0).then(|| self.take())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let length = bytes.len() as u64;
        if self.dropped > 0 {
            self.dropped += length;
        } else if self.pending.len() + bytes.len() > self.limit {
            self.dropped = self.pending.len() as u64 + length;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn take(&mut self) -> Piece {
        if self.dropped > 0 {
            let bytes = std::mem::take(&mut self.dropped);
            return Piece::TooLong { bytes };
        }
        let line = std::mem::take(&mut self.pending);
        Piece::Line(match String::from_utf8(line) {
            Ok(line) => line,
            Err(error) => mended(error.into_bytes()),
        })
    }
}

/// Text of bytes that are not UTF-8 throughout, in the memory that they have: three bytes for each bad one, as
/// U+FFFD takes, would be three times as much.
fn mended(mut bytes: Vec<u8>) -> String {
    let mut good = 0;
    while let Err(error) = str::from_utf8(&bytes[good..]) {
        let bad = good + error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| bad + length);
        bytes[bad..end].fill(b'?');
        good = end;
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The last bytes of a stream, for error reports.
#[derive(Debug)]
pub(super) struct Tail {
    limit: usize,
    bytes: std::collections::VecDeque<u8>,
}

impl Tail {
    /// Keeps the last `limit` bytes.
    #[must_use]
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: std::collections::VecDeque::new(),
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
        Piece::Line(text.to_owned())
    }

    #[test]
    fn lines_are_split_whatever_the_chunks() {
        let mut lines = Lines::new(100);
        assert_eq!(lines.feed(b"{\"a\":\"\xc3"), []);
        assert_eq!(
            lines.feed(b"\xa4\"}\n\nnext"),
            [line("{\"a\":\"ä\"}"), line("")]
        );
        assert_eq!(lines.finish(), Some(line("next")));
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn bad_utf8_is_replaced() {
        assert_eq!(Lines::new(100).feed(b"a\xffb\n"), [line("a?b")]);
        assert_eq!(
            Lines::new(100).feed(b"\xc3\xa4\xff\xf0\x9f\x98 \xc3\n"),
            [line("ä???? ?")]
        );
    }

    #[test]
    fn a_line_over_the_bound_is_dropped_and_the_next_is_read() {
        let mut lines = Lines::new(4);
        assert_eq!(lines.feed(b"12345"), []);
        assert_eq!(
            lines.feed(b"678\n1234\n"),
            [Piece::TooLong { bytes: 8 }, line("1234")]
        );
        assert_eq!(lines.feed(b"12345"), []);
        assert_eq!(lines.finish(), Some(Piece::TooLong { bytes: 5 }));
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
        fn chunks_make_no_difference(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300),
                                     cuts in prop::collection::vec(0usize..300, 0..10)) {
            let whole = {
                let mut lines = Lines::new(50);
                let mut pieces = lines.feed(&bytes);
                pieces.extend(lines.finish());
                pieces
            };
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut lines = Lines::new(50);
            let mut pieces = Vec::new();
            for pair in cuts.windows(2) {
                pieces.extend(lines.feed(&bytes[pair[0]..pair[1]]));
            }
            pieces.extend(lines.finish());
            prop_assert_eq!(pieces, whole);
        }
    }
}
