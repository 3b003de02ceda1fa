//! The only writer of `active.json`.
//!
//! It is a thread. It takes all queued updates, appends their ledger lines, rewrites the file once and acknowledges them.
//! So an acknowledged update is on disk, and a burst costs one rewrite. An update that could not be written stays in
//! memory. Its sender gets an error, and it is written with the next update or by a periodic retry.
//!
//! If the file must not be overwritten, the writer only writes the ledger and acknowledges at once, so that people get
//! answers.

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

/// The delay before a failed write is retried.
const RETRY: Duration = Duration::from_secs(5);

/// An update is not on disk yet. It is kept in memory and written later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to write the registry: {0}")]
pub struct SaveError(String);

struct Update {
    channel: ChannelId,
    record: Record,
    entry: Option<ledger::Entry>,
    done: oneshot::Sender<Result<(), SaveError>>,
}

/// A handle to the writer, which ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Registry {
    updates: mpsc::Sender<Update>,
    view: watch::Receiver<Arc<Document>>,
    folder: Arc<Path>,
}

impl Registry {
    /// The current registry, including updates that are not on disk yet.
    pub fn view(&self) -> Arc<Document> {
        Arc::clone(&self.view.borrow())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a channel's record, and an entry to the ledger. Returns when both are on disk.
    pub async fn save(
        &self,
        channel: ChannelId,
        record: Record,
        entry: Option<ledger::Entry>,
    ) -> Result<(), SaveError> {
        let (done, answer) = oneshot::channel();
        let gone = || SaveError("the writer has ended".to_owned());
        let update = Update {
            channel,
            record,
            entry,
            done,
        };
        self.updates.send(update).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// Starts the writer of a `sessions` folder. It holds the lock until the last [`Registry`] is dropped.
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
    /// Ledger entries that are not on disk yet.
    unwritten: Vec<ledger::Entry>,
    /// Whether memory has something that is not on disk.
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
            tracing::error!(%error, lines = self.unwritten.len(), "failed to write the registry before the exit; its last changes are lost");
        }
    }

    /// Writes an update and all that are queued after it.
    fn take(&mut self, first: Update, updates: &mpsc::Receiver<Update>) {
        let mut waiting = Vec::new();
        for update in std::iter::once(first).chain(updates.try_iter()) {
            if let Err(error) = self.document.put(update.channel, &update.record) {
                tracing::error!(%error, channel = %update.channel, "failed to serialize a record");
            }
            self.unwritten.extend(update.entry);
            waiting.push(update.done);
        }
        self.publish.send_replace(Arc::new(self.document.clone()));
        let written = self.write().map_err(|error| SaveError(error.to_string()));
        if let Err(error) = &written {
            tracing::error!(%error, updates = waiting.len(), "the registry is not on disk; kept in memory");
        }
        for done in waiting {
            // The sender may have stopped waiting.
            drop(done.send(written.clone()));
        }
    }

    /// Writes the ledger first: the next start finds a line that no record counts, but could not find a turn without a
    /// line.
    fn write(&mut self) -> io::Result<()> {
        self.is_behind = true;
        let entries = self.write_entries();
        if !self.is_writable {
            self.is_behind = entries.is_err();
            if let Err(error) = entries {
                tracing::error!(%error, "failed to write the ledger");
            }
            return Ok(());
        }
        entries?;
        let text = self.document.to_text()?;
        if text.len() > LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if text.len() > LARGE {
            tracing::warn!(bytes = text.len(), "the registry has become large");
        }
        files::replace(&self.path, text.as_bytes())?;
        // Without it, an update still counts as saved.
        match files::replace(&self.backup, text.as_bytes()) {
            Ok(()) => self.is_behind = false,
            Err(error) => tracing::error!(%error, "failed to write the backup of the registry"),
        }
        Ok(())
    }

    fn write_entries(&mut self) -> io::Result<()> {
        let mut written = 0;
        let result = self.unwritten.iter().try_for_each(|entry| {
            ledger::append(&self.usage, entry)?;
            written += 1;
            Ok(())
        });
        self.unwritten.drain(..written);
        result
    }
}
