//! One live CLI process: started, fed, read, ended, and cleaned up after.
//!
//! The only room that starts a child. It knows the protocol's lines but not what they mean for a turn.
//!
//! # Theory of operation
//!
//! A process is four tasks. One writes stdin, one reads stdout and hands on [`Report::Event`]s, one drains stderr
//! into a bounded tail, and one waits for the process's end. The last also climbs the ladder when the process is
//! to end: end of input, SIGINT, SIGTERM, SIGKILL, each with its patience; a turn that runs is interrupted first,
//! by its channel. When the process is gone, its descendants are swept, its [`Permit`](super::pool::Permit) is
//! given back, and [`Report::Exited`] is the last that is heard of it, so whoever starts the next process for the
//! same session never runs beside the old one.

mod ask;
pub mod cgroup;
mod child;
mod cli;
pub mod descriptors;
mod inner;
mod ladder;
mod lines;
mod pipes;
pub mod sweep;

pub use ask::{Answer, ask};
pub use child::{Exit, Host, Process, Report, StartError, start};

/// Splits chunks of a pipe at newlines as a process's output is: a line, or the length of one over `limit` bytes.
#[cfg(feature = "fuzzing")]
#[must_use]
pub fn split_lines(limit: usize, chunks: &[&[u8]]) -> Vec<Result<String, u64>> {
    let mut lines = lines::Lines::new(limit);
    let mut pieces: Vec<_> = chunks.iter().flat_map(|chunk| lines.feed(chunk)).collect();
    pieces.extend(lines.finish());
    let told = pieces.into_iter().map(|piece| match piece {
        lines::Piece::Line(line) => Ok(line),
        lines::Piece::TooLong { bytes } => Err(bytes),
    });
    told.collect()
}
