//! Running CLI processes. No other module starts children.
//!
//! # Theory of operation
//!
//! [`start`] spawns the CLI and four tasks. One writes lines to stdin, one reads stdout and reports
//! [`Report::Heard`], one keeps the end of stderr, and one waits for the process to end. The last one also terminates
//! the process: end of input, SIGINT, SIGTERM, SIGKILL, each with a timeout. It does not interrupt a running turn
//! first; that is up to the host. When the process is gone, its descendants are killed, its
//! [`Permit`](crate::pool::Permit) is dropped, and [`Report::Exited`] is the last report. A host that waits for that
//! report never runs two processes for one session.

pub mod cgroup;
mod framing;
mod helper;
mod pipes;
mod probe;
mod reports;
mod start;
mod supervisor;
pub mod sweep;
mod termination;
mod wrapper;

pub use helper::{Helper, HelperError, run_helper};
pub use probe::{ProbeOutput, probe, run_tool};
pub use reports::{Exit, Heard, Report, Reports};
pub use start::{Host, Process, StartError, start};

/// Keeps the files that are open now from all later children. Rust already does so for files that this process opens,
/// but its parent may have left others open.
pub fn keep_open_files_from_children() {
    const FIRST_AFTER_STDERR: i32 = 3;
    close_fds::set_fds_cloexec_threadsafe(FIRST_AFTER_STDERR, &[]);
}

/// Splits chunks into lines as a process's output is split: a line, or the length of one that exceeds `limit` bytes.
#[cfg(feature = "fuzzing")]
pub fn split_lines(limit: usize, chunks: &[&[u8]]) -> Vec<Result<String, u64>> {
    let mut lines = framing::Lines::new(limit);
    let mut pieces = Vec::new();
    for chunk in chunks {
        let mut chunk = bytes::Bytes::copy_from_slice(chunk);
        pieces.extend(std::iter::from_fn(|| lines.next(&mut chunk)));
    }
    pieces.extend(lines.finish());
    let lines = pieces.into_iter().map(|piece| match piece {
        framing::Piece::Line(line) => Ok(String::from_utf8_lossy(&line).into_owned()),
        framing::Piece::TooLong { bytes } => Err(bytes),
    });
    lines.collect()
}
