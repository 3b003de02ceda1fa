//! The pipes of a process: lines in, events out, and the end of stderr.

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, ChildStdout},
    sync::{mpsc, watch},
};

use super::{
    Report,
    lines::{LONGEST_LINE, Lines, Piece, Tail},
};
use crate::claude::protocol::{Event, Line, parse};

/// How much of stderr is kept, in bytes.
const STDERR_TAIL: usize = 16 * 1024;

/// Writes lines to stdin until there are no more, or `closed` says to close it.
pub(super) async fn write(
    mut stdin: ChildStdin,
    mut lines: mpsc::UnboundedReceiver<String>,
    mut closed: watch::Receiver<bool>,
) {
    loop {
        let line = tokio::select! {
            biased;
            // What was sent before the end of input was asked for still goes out.
            line = lines.recv() => line,
            _ = closed.wait_for(|closed| *closed) => return,
        };
        let Some(mut line) = line else { return };
        line.push('\n');
        let written = tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed) => return,
            written = stdin.write_all(line.as_bytes()) => written,
        };
        if let Err(error) = written {
            tracing::debug!(%error, "the CLI no longer reads its input");
            return;
        }
    }
}

/// Reads stdout to its end.
pub(super) async fn read(mut stdout: ChildStdout, reports: mpsc::Sender<Report>, pid: Option<u32>) {
    let mut lines = Lines::new(LONGEST_LINE);
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
        for event in pieces.iter().filter_map(|piece| understand(piece, pid)) {
            if reports.send(Report::Event(event)).await.is_err() {
                return;
            }
        }
        if count == 0 {
            return;
        }
    }
}

/// A line's event; what is not one is logged by its length, never by its words.
fn understand(piece: &Piece, pid: Option<u32>) -> Option<Event> {
    match piece {
        Piece::Line(line) => match parse(line) {
            Line::Event(event) => return Some(event),
            Line::Blank => {}
            Line::Noise => {
                tracing::warn!(
                    pid,
                    bytes = line.len(),
                    "the CLI printed a line that is not JSON"
                );
                tracing::trace!(pid, line, "not JSON");
            }
        },
        Piece::TooLong { bytes } => {
            tracing::warn!(
                pid,
                bytes,
                limit = LONGEST_LINE,
                "the CLI printed too long a line; dropped"
            );
        }
    }
    None
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
