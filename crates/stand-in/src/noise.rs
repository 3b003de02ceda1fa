//! Output that a host has to cope with: lines of any length and number, and pipes that end early.

use std::io;

use crate::session::{Session, Stop};

/// How many bytes are written at a time.
const CHUNK: usize = 65_536;

/// The content of a long line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineContent {
    /// Letters, which are not JSON.
    Letters,
    /// A message with an array of numbers.
    Numbers,
    /// A message with an array of empty blocks.
    Blocks,
    /// A message with one text.
    Text,
    /// Bytes that are not UTF-8.
    Garbage,
}

impl LineContent {
    /// The content with this name in a directive.
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

    /// The start of the line, the part that is repeated, and the end.
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
    /// Writes one line of `bytes` bytes, or slightly fewer, as fast as it is read.
    pub(crate) fn flood(&mut self, bytes: usize, content: LineContent) -> io::Result<()> {
        let (start, middle, end) = content.parts();
        let chunk = middle.repeat(CHUNK / middle.len());
        self.out.raw(start)?;
        let mut left = bytes.saturating_sub(start.len() + end.len() - 1);
        left -= left % middle.len();
        while left > 0 {
            let count = left.min(chunk.len());
            self.out.raw(&chunk[..count])?;
            left -= count;
        }
        self.out.raw(end)
    }

    /// Writes this many meaningless messages, as fast as they are read.
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

    /// Writes half a message. The process ends after it.
    pub(crate) fn half_line(&mut self) -> Stop {
        match self
            .out
            .raw(br#"{"type":"assistant","message":{"content":[{"ty"#)
        {
            Ok(()) => Stop::Exit(0),
            Err(error) => error.into(),
        }
    }

    /// Replaces stdout by `/dev/null`, which closes the pipe. The process continues.
    pub(crate) fn close_stdout() -> io::Result<()> {
        let null = std::fs::File::open("/dev/null")?;
        Ok(rustix::stdio::dup2_stdout(null)?)
    }
}
