//! What a process reports, and the bounded queue of its reports.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::protocol::SessionEvent;

/// How many reports may wait.
const MAX_WAITING: usize = 256;

/// How many bytes of lines may wait. When the queue is full, the process's output is not read.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// The unit of a share of the budget, in bytes.
const UNIT: usize = 1024;

/// A message of the CLI, or its end.
#[derive(Debug)]
pub enum Report {
    Heard(Heard),
    /// The process and all its descendants are gone. The last report.
    Exited(Exit),
}

/// A message and the line that it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub event: SessionEvent,
    /// The line without its newline, in UTF-8. Cloning it copies nothing.
    pub raw: Bytes,
}

/// How a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exit {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The end of what it wrote to stderr.
    pub stderr: String,
}

/// The receiving end of a process's reports.
#[derive(Debug)]
pub struct Reports(mpsc::Receiver<Waiting>);

/// The sending end.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    queue: mpsc::Sender<Waiting>,
    budget: Arc<Semaphore>,
}

/// A report in the queue, with its share of the byte budget.
#[derive(Debug)]
struct Waiting {
    /// Boxed, because a queue has room for 32 at least.
    report: Box<Report>,
    _share: Option<OwnedSemaphorePermit>,
}

/// Nobody receives reports any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

pub(super) fn queue() -> (Reporter, Reports) {
    let (queue, receiver) = mpsc::channel(MAX_WAITING);
    let budget = Arc::new(Semaphore::new(MAX_WAITING_BYTES / UNIT));
    (Reporter { queue, budget }, Reports(receiver))
}

impl Reports {
    /// The next report; `None` after the last. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Report> {
        self.0.recv().await.map(|waiting| *waiting.report)
    }
}

impl Reporter {
    /// Queues an event when there is room for its line.
    pub(super) async fn heard(&self, heard: Heard) -> Result<(), Closed> {
        let units = u32::try_from(heard.raw.len() / UNIT + 1).unwrap_or(u32::MAX);
        let share = tokio::select! {
            share = Arc::clone(&self.budget).acquire_many_owned(units) => share.ok(),
            () = self.queue.closed() => return Err(Closed),
        };
        self.send(Report::Heard(heard), share).await
    }

    pub(super) async fn exited(&self, exit: Exit) -> Result<(), Closed> {
        self.send(Report::Exited(exit), None).await
    }

    async fn send(
        &self,
        report: Report,
        share: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Closed> {
        let waiting = Waiting {
            report: Box::new(report),
            _share: share,
        };
        self.queue.send(waiting).await.map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests;
