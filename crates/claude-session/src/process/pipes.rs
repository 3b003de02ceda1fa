//! The pipes of a process: lines to stdin, events from stdout, and the end of stderr.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    framing::{Lines, MAX_LINE_BYTES, Piece, Tail},
    reports::{Heard, Reporter},
};
use crate::{
    observer::{ProcessEvent, Subject},
    protocol::{Line, SessionEvent, parse},
};

/// How much of stderr is kept, in bytes.
const STDERR_TAIL: usize = 16 * 1024;

/// How much is read at a time, in bytes. A line that is kept also keeps up to this much of its neighbours in memory.
const CHUNK: usize = 8 * 1024;

/// How long the process may take to read a line. The pipe holds 64 KiB, so a busy process stays well within it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many kinds of unknown messages are counted.
const MAX_KINDS: usize = 100;

/// Why the writing to stdin ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// There is nothing left to write, or nobody to read it.
    All,
    /// The process did not read a line in time.
    TooSlowly,
}

/// Writes lines to stdin until there are no more or `closed` becomes true.
pub(super) async fn write(
    mut stdin: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<String>,
    mut closed: watch::Receiver<bool>,
    subject: Subject,
) -> Written {
    loop {
        let line = tokio::select! {
            biased;
            // Lines that were sent before the input was closed are still written.
            line = lines.recv() => line,
            _ = closed.wait_for(|closed| *closed) => return Written::All,
        };
        let Some(line) = line else {
            return Written::All;
        };
        let line = Bytes::from(line + "\n");
        // Before it is written, so that no observer sees an answer first.
        subject.notify(|| ProcessEvent::Sent(line.slice(..line.len() - 1)));
        let written = tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed) => return Written::All,
            written = timeout(WRITE_TIMEOUT, stdin.write_all(&line)) => written,
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
pub(super) async fn read(
    mut stdout: impl AsyncRead + Unpin,
    reports: Reporter,
    subject: Subject,
    pid: i32,
) {
    let mut lines = Lines::new(MAX_LINE_BYTES);
    let mut counts = Counts::default();
    let mut buffer = BytesMut::new();
    loop {
        if buffer.spare_capacity_mut().len() < CHUNK / 8 {
            // Reuses the memory if nobody holds a line in it.
            buffer.reserve(CHUNK);
        }
        let read = stdout.read_buf(&mut buffer).await;
        let count = read.unwrap_or_else(|error| {
            tracing::warn!(%error, pid, "failed to read the CLI's output");
            0
        });
        let mut chunk = buffer.split().freeze();
        loop {
            let piece = match count {
                0 => lines.finish(),
                _ => lines.next(&mut chunk),
            };
            let Some(piece) = piece else { break };
            if let Piece::Line(line) = &piece {
                subject.notify(|| ProcessEvent::Received(line.clone()));
            }
            if let Some(heard) = counts.understand(piece, pid)
                && reports.heard(heard).await.is_err()
            {
                return;
            }
        }
        if count == 0 {
            return;
        }
    }
}

/// How many lines of each kind were not understood.
#[derive(Default)]
struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// A line's event. Lines without one are logged by their length, never by their text.
    fn understand(&mut self, piece: Piece, pid: i32) -> Option<Heard> {
        let line = match piece {
            Piece::Line(line) => line,
            Piece::TooLong { bytes } => {
                if let Some(count) = self.log("too long") {
                    tracing::warn!(pid, bytes, count, "dropped a line that is too long");
                }
                return None;
            }
        };
        match parse(&line) {
            Line::Event(event) => {
                if let SessionEvent::Other { kind, subtype } = &event
                    && event.is_unknown()
                {
                    let name: String = format!("{kind}/{subtype}").chars().take(100).collect();
                    let has_room = self.0.len() < MAX_KINDS || self.0.contains_key(&name);
                    if let Some(count) = has_room.then(|| self.log(&name)).flatten() {
                        tracing::debug!(pid, name, count, "the CLI sent an unknown message");
                    }
                }
                return Some(Heard { event, raw: line });
            }
            Line::Blank => {}
            Line::Noise => {
                if let Some(count) = self.log("noise") {
                    let bytes = line.len();
                    tracing::warn!(pid, bytes, count, "the CLI printed a line that is not JSON");
                }
                let line = str::from_utf8(&line).unwrap_or_default();
                tracing::trace!(pid, line, "not JSON");
            }
        }
        None
    }

    /// Counts a line of a kind; returns the count if it is to be logged: the 1st, 10th, 100th time, and so on.
    fn log(&mut self, kind: &str) -> Option<u64> {
        let count = self.0.entry(kind.to_owned()).or_default();
        *count += 1;
        (10_u64.pow(count.ilog10()) == *count).then_some(*count)
    }
}

/// Reads all of stderr and returns the last part of it.
pub(super) async fn drain(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut tail = Tail::new(STDERR_TAIL);
    let mut buffer = [0; 1024];
    // The supervisor limits the wait. A read error counts as the end.
    while let Ok(count) = stderr.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        tail.feed(&buffer[..count]);
    }
    tail.text()
}

#[cfg(test)]
mod tests;
