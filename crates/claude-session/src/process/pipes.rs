//! The pipes of a process: lines in, events out, and the end of stderr.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    process::ChildStdout,
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    Report,
    lines::{LONGEST_LINE, Lines, Piece, Tail},
};
use crate::protocol::{Event, Line, parse};

/// How much of stderr is kept, in bytes.
const STDERR_TAIL: usize = 16 * 1024;

/// How long the process may take to read a line. The pipe itself holds 64 KiB, so that a process that is merely busy
/// is not noticed at all.
const READING_PATIENCE: Duration = Duration::from_secs(30);

/// How the writing of stdin ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// There is no more to write, or nobody to read it.
    All,
    /// The process has not read a line in time.
    TooSlowly,
}

/// Writes lines to stdin until there are no more, or `closed` says to close it.
pub(super) async fn write(
    mut stdin: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<String>,
    mut closed: watch::Receiver<bool>,
) -> Written {
    loop {
        let line = tokio::select! {
            biased;
            // What was sent before the end of input was asked for still goes out.
            line = lines.recv() => line,
            _ = closed.wait_for(|closed| *closed) => return Written::All,
        };
        let Some(mut line) = line else {
            return Written::All;
        };
        line.push('\n');
        let written = tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed) => return Written::All,
            written = timeout(READING_PATIENCE, stdin.write_all(line.as_bytes())) => written,
        };
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "the CLI no longer reads its input");
                return Written::All;
            }
            Err(_) => return Written::TooSlowly,
        }
    }
}

/// Reads stdout to its end.
pub(super) async fn read(mut stdout: ChildStdout, reports: mpsc::Sender<Report>, pid: Option<u32>) {
    let mut lines = Lines::new(LONGEST_LINE);
    let mut dropped = Dropped::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match stdout.read(&mut buffer).await {
            Ok(count) => count,
            Err(error) => {
                tracing::warn!(%error, pid, "failed to read the CLI's output");
                0
            }
        };
        let pieces = match count {
            0 => lines.finish().into_iter().collect(),
            count => lines.feed(&buffer[..count]),
        };
        for piece in pieces {
            if let Some(event) = dropped.understand(&piece, pid)
                && reports.send(Report::Event(event)).await.is_err()
            {
                return;
            }
        }
        if count == 0 {
            return;
        }
    }
}

/// How many lines were not understood.
#[derive(Debug, Default)]
struct Dropped {
    noise: u64,
    too_long: u64,
}

impl Dropped {
    /// A line's event; what is not one is logged by its length, never by its words, and ever more rarely: the 1st,
    /// 10th, 100th of its kind, ...
    fn understand(&mut self, piece: &Piece, pid: Option<u32>) -> Option<Event> {
        match piece {
            Piece::Line(line) => match parse(line) {
                Line::Event(event) => return Some(event),
                Line::Blank => {}
                Line::Noise => {
                    if is_telling(&mut self.noise) {
                        let (count, bytes) = (self.noise, line.len());
                        tracing::warn!(
                            pid,
                            bytes,
                            count,
                            "the CLI printed a line that is not JSON"
                        );
                    }
                    tracing::trace!(pid, line, "not JSON");
                }
            },
            Piece::TooLong { bytes } => {
                if is_telling(&mut self.too_long) {
                    let (count, limit) = (self.too_long, LONGEST_LINE);
                    tracing::warn!(
                        pid,
                        bytes,
                        limit,
                        count,
                        "the CLI printed too long a line; dropped"
                    );
                }
            }
        }
        None
    }
}

/// Counts one more, and whether that is a power of ten.
fn is_telling(count: &mut u64) -> bool {
    *count += 1;
    10_u64.pow(count.ilog10()) == *count
}

/// Reads stderr to its end and returns the end of it.
pub(super) async fn drain(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut tail = Tail::new(STDERR_TAIL);
    let mut buffer = vec![0; 16 * 1024];
    // The bound on the wait is the supervisor's; a read error ends stderr like its end does.
    while let Ok(count) = stderr.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        tail.feed(&buffer[..count]);
    }
    tail.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_that_nobody_reads_is_given_up() {
        let (near, _far) = tokio::io::duplex(16);
        let (sender, lines) = mpsc::channel(1);
        let (_close, closed) = watch::channel(false);
        sender.send("longer than the pipe is".into()).await.unwrap();
        let begun = tokio::time::Instant::now();
        assert_eq!(write(near, lines, closed).await, Written::TooSlowly);
        assert_eq!(begun.elapsed(), READING_PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_ends_when_the_input_is_closed() {
        let (near, _far) = tokio::io::duplex(16);
        let (sender, lines) = mpsc::channel(1);
        let (close, closed) = watch::channel(false);
        sender.send("longer than the pipe is".into()).await.unwrap();
        let writing = tokio::spawn(write(near, lines, closed));
        tokio::task::yield_now().await;
        close.send_replace(true);
        assert_eq!(writing.await.unwrap(), Written::All);
    }
}
