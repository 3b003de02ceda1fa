//! The only writer of `active.json`.
//!
//! # Theory of operation
//!
//! The writer is a thread. It waits for an update, takes all others that have arrived in the meantime, appends their
//! ledger lines, rewrites the file once, and acknowledges them all. So an acknowledged update is on disk, and a burst
//! costs one rewrite. An update that could not be written stays in memory; its sender gets an error, and it is written
//! with the next update or by a periodic retry.
//!
//! If loading found that the file must not be overwritten, the writer keeps the registry in memory, still writes the
//! ledger, and acknowledges at once: people get answers, and the file is left as it is.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tokio::sync::{oneshot, watch};

use super::{
    document::Document,
    issue::LoadIssue,
    load::{BACKUP, FILE, LARGE, LIMIT, Loaded},
    lock::Lock,
    record::Record,
};
use crate::{files, ledger, snowflake::ChannelId};

/// How long after a failed write the next attempt is made.
const RETRY: Duration = Duration::from_secs(5);

/// An update is not on disk. It is kept in memory and written later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to write the registry: {0}")]
pub struct SaveError(String);

struct Update {
    channel: ChannelId,
    record: Record,
    line: Option<ledger::Line>,
    done: oneshot::Sender<Result<(), SaveError>>,
}

/// A handle of the writer, which ends and releases the lock when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Registry {
    updates: mpsc::Sender<Update>,
    view: watch::Receiver<Arc<Document>>,
    folder: Arc<Path>,
}

impl Registry {
    /// The current registry, including updates that are not on disk yet.
    #[must_use]
    pub fn view(&self) -> Arc<Document> {
        Arc::clone(&self.view.borrow())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a channel's record together with a turn's line in the ledger. Returns when both are on disk.
    ///
    /// # Errors
    ///
    /// [`SaveError`]; the update is then kept in memory and written later.
    pub async fn save(
        &self,
        channel: ChannelId,
        record: Record,
        line: Option<ledger::Line>,
    ) -> Result<(), SaveError> {
        let (done, answer) = oneshot::channel();
        let gone = || SaveError("the writer has ended".to_owned());
        self.updates
            .send(Update {
                channel,
                record,
                line,
                done,
            })
            .map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// Starts the writer of a `sessions` folder. It holds the lock until the last [`Registry`] is dropped; then the thread
/// ends.
///
/// # Errors
///
/// If no thread can be started.
pub fn open(
    folder: &Path,
    loaded: Loaded,
    lock: Lock,
) -> io::Result<(Registry, thread::JoinHandle<()>)> {
    let is_writable = !loaded.issues.iter().any(LoadIssue::stops_writing);
    for name in [FILE, BACKUP] {
        if is_writable {
            files::remove_stale_temporaries(&folder.join(name));
        }
    }
    let document = loaded.document;
    let (updates, receiver) = mpsc::channel();
    let (publish, view) = watch::channel(Arc::new(document.clone()));
    let writer = Writer {
        path: folder.join(FILE),
        backup: folder.join(BACKUP),
        usage: folder.join(ledger::FOLDER),
        is_writable,
        document,
        publish,
        unwritten: Vec::new(),
        is_behind: false,
        _lock: lock,
    };
    let thread = thread::Builder::new()
        .name("registry".into())
        .spawn(move || writer.run(&receiver))?;
    Ok((
        Registry {
            updates,
            view,
            folder: folder.into(),
        },
        thread,
    ))
}

struct Writer {
    path: PathBuf,
    backup: PathBuf,
    usage: PathBuf,
    is_writable: bool,
    document: Document,
    publish: watch::Sender<Arc<Document>>,
    /// Ledger lines that are not on disk yet.
    unwritten: Vec<ledger::Line>,
    /// Whether the disk lacks something that is in memory.
    is_behind: bool,
    _lock: Lock,
}

impl Writer {
    fn run(mut self, updates: &mpsc::Receiver<Update>) {
        loop {
            let first = if self.is_behind {
                updates.recv_timeout(RETRY)
            } else {
                updates.recv().map_err(RecvTimeoutError::from)
            };
            match first {
                Ok(first) => self.take(first, updates),
                Err(RecvTimeoutError::Timeout) => match self.write() {
                    Ok(()) if self.is_behind => {}
                    Ok(()) => tracing::info!("the registry is on disk again"),
                    Err(error) => tracing::debug!(%error, "the registry is still not on disk"),
                },
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.is_behind
            && let Err(error) = self.write()
        {
            tracing::error!(%error, lines = self.unwritten.len(), "failed to write the registry before the end; its last changes are lost");
        }
    }

    /// Writes an update and all that are queued behind it.
    fn take(&mut self, first: Update, updates: &mpsc::Receiver<Update>) {
        let mut waiting = Vec::new();
        for update in std::iter::once(first).chain(updates.try_iter()) {
            if let Err(error) = self.document.put(update.channel, &update.record) {
                tracing::error!(%error, channel = %update.channel, "failed to serialize a record");
            }
            self.unwritten.extend(update.line);
            waiting.push(update.done);
        }
        self.publish.send_replace(Arc::new(self.document.clone()));
        let written = self.write().map_err(|error| SaveError(error.to_string()));
        if let Err(error) = &written {
            tracing::error!(%error, updates = waiting.len(), "not on disk; kept in memory");
        }
        for done in waiting {
            // The sender may have stopped waiting.
            drop(done.send(written.clone()));
        }
    }

    /// Writes the ledger first: a line that no record counts is found at the next start, a turn without a line never
    /// would be.
    fn write(&mut self) -> io::Result<()> {
        self.is_behind = true;
        let lines = self.write_lines();
        if !self.is_writable {
            self.is_behind = lines.is_err();
            if let Err(error) = lines {
                tracing::error!(%error, "failed to write the ledger");
            }
            return Ok(());
        }
        lines?;
        let text = self.document.to_text()?;
        if text.len() > LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if text.len() > LARGE {
            tracing::warn!(bytes = text.len(), "the registry has become large");
        }
        files::replace(&self.path, text.as_bytes())?;
        // An update counts as saved without it.
        match files::replace(&self.backup, text.as_bytes()) {
            Ok(()) => self.is_behind = false,
            Err(error) => tracing::error!(%error, "failed to write the backup of the registry"),
        }
        Ok(())
    }

    fn write_lines(&mut self) -> io::Result<()> {
        let mut written = 0;
        let result = self.unwritten.iter().try_for_each(|line| {
            ledger::append(&self.usage, line)?;
            written += 1;
            Ok(())
        });
        self.unwritten.drain(..written);
        result
    }
}
