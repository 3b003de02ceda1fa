//! What a host has to live with: lines of any length and number, and pipes that end too early.

use std::io;

use crate::session::{Session, Stop};

/// How much is written at a time.
const CHUNK: usize = 65_536;

/// What a long line holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filling {
    /// No JSON.
    Letters,
    /// A message with an array of numbers.
    Numbers,
    /// A message with an array of empty blocks.
    Blocks,
    /// A message with one text.
    Text,
    /// No UTF-8.
    Garbage,
}

impl Filling {
    /// By its name in a directive.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "letters" => Self::Letters,
            "numbers" => Self::Numbers,
            "blocks" => Self::Blocks,
            "text" => Self::Text,
            "garbage" => Self::Garbage,
            _ => return None,
        })
    }

    /// The line's beginning, what is repeated in its midst, and its end.
    fn parts(self) -> (&'static [u8], &'static [u8], &'static [u8]) {
        match self {
            Self::Letters => (b"", b"x", b"\n"),
            Self::Numbers => (br#"{"type":"stand_in_noise","list":["#, b"1,", b"1]}\n"),
            Self::Blocks => (
                br#"{"type":"assistant","message":{"content":["#,
                b"{},",
                b"{}]}}\n",
            ),
            Self::Text => (
                br#"{"type":"assistant","message":{"content":[{"type":"text","text":""#,
                b"x",
                b"\"}]}}\n",
            ),
            Self::Garbage => (b"{\"", b"\xff", b"\n"),
        }
    }
}

impl Session<'_> {
    /// Writes one line of `bytes` bytes, or a few less, as fast as it is read.
    pub(crate) fn flood(&mut self, bytes: usize, filling: Filling) -> io::Result<()> {
        let (begin, middle, end) = filling.parts();
        let chunk = middle.repeat(CHUNK / middle.len());
        self.out.raw(begin)?;
        let mut left = bytes.saturating_sub(begin.len() + end.len() - 1);
        left -= left % middle.len();
        while left > 0 {
            let count = left.min(chunk.len());
            self.out.raw(&chunk[..count])?;
            left -= count;
        }
        self.out.raw(end)
    }

    /// Writes so many messages without meaning, as fast as they are read.
    pub(crate) fn spray(&mut self, lines: usize) -> io::Result<()> {
        const LINE: &[u8] =
            b"{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}},\"parent_tool_use_id\":null}\n";
        let at_once = CHUNK / LINE.len();
        let chunk = LINE.repeat(at_once);
        let mut left = lines;
        while left > 0 {
            let count = left.min(at_once);
            self.out.raw(&chunk[..count * LINE.len()])?;
            left -= count;
        }
        Ok(())
    }

    /// Begins a message and ends the process in its midst.
    pub(crate) fn half_line(&mut self) -> Stop {
        match self
            .out
            .raw(br#"{"type":"assistant","message":{"content":[{"ty"#)
        {
            Ok(()) => Stop::Exit(0),
            Err(error) => error.into(),
        }
    }

    /// Closes stdout, with another file in its place. The process lives on.
    pub(crate) fn close_stdout() -> io::Result<()> {
        let nowhere = std::fs::File::open("/dev/null")?;
        Ok(rustix::stdio::dup2_stdout(nowhere)?)
    }
}
