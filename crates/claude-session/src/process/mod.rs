//! Live CLI processes, and the only module that starts children.
//!
//! # Theory of operation
//!
//! [`start`] spawns the CLI and four tasks. One writes lines to stdin, one reads stdout and hands on
//! [`Report::Heard`], one drains stderr into a bounded tail, and one waits for the process's end. The last also
//! terminates the process: end of input, SIGINT, SIGTERM, SIGKILL, each with a timeout. A running turn is not
//! interrupted first; that is up to the host. When the process is gone, its descendants are ended, its
//! [`Permit`](crate::pool::Permit) is given back, and [`Report::Exited`] is the last report. So nobody who waits for
//! that report runs a second process beside the old one for the same session.

pub mod cgroup;
mod framing;
mod pipes;
mod probe;
mod reports;
mod start;
mod supervisor;
pub mod sweep;
mod termination;
mod wrapper;

pub use probe::{ProbeOutput, probe};
pub use reports::{Exit, Heard, Report, Reports};
pub use start::{Host, Process, StartError, start};

/// Keeps files that are open now from all children that are started later. What this process opens itself is kept from
/// them anyway, but its own parent may have left files open.
pub fn keep_open_files_from_children() {
    const FIRST_AFTER_STDERR: i32 = 3;
    close_fds::set_fds_cloexec_threadsafe(FIRST_AFTER_STDERR, &[]);
}

/// Splits chunks of a pipe at newlines as a process's output is: a line, or the length of one over `limit` bytes.
#[cfg(feature = "fuzzing")]
#[must_use]
pub fn split_lines(limit: usize, chunks: &[&[u8]]) -> Vec<Result<String, u64>> {
    let mut lines = framing::Lines::new(limit);
    let mut pieces = Vec::new();
    for chunk in chunks {
        let mut chunk = bytes::Bytes::copy_from_slice(chunk);
        pieces.extend(std::iter::from_fn(|| lines.next(&mut chunk)));
    }
    pieces.extend(lines.finish());
    let told = pieces.into_iter().map(|piece| match piece {
        framing::Piece::Line(line) => Ok(String::from_utf8_lossy(&line).into_owned()),
        framing::Piece::TooLong { bytes } => Err(bytes),
    });
    told.collect()
}
