//! The only writer of `active.json`.
//!
//! It is a thread. It takes all queued updates, appends their ledger lines, rewrites the file once and acknowledges them.
//! So an acknowledged update is on disk, and a burst costs one rewrite. An update that could not be written stays in
//! memory. Its sender gets an error, and it is written with the next update or by a periodic retry.
//!
//! The backup is written when no updates come for a while, so that nobody waits for it.
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
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use super::{
    document::{BACKUP, Document, FILE},
    issue::LoadIssue,
    load::Loaded,
    lock::Lock,
    record::Record,
};
use crate::{files, ledger, snowflake::ChannelId};

/// The delay before a failed write is retried.
const RETRY: Duration = Duration::from_secs(5);

/// How long no update must have come before the backup is written.
const REST: Duration = Duration::from_secs(1);

/// How old the backup may become while updates keep coming.
const BACKUP_AGE: Duration = Duration::from_secs(30);

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
    let (updates, receiver) = mpsc::channel();
    let (document, view) = watch::channel(Arc::new(loaded.document));
    let writer = Writer {
        path: folder.join(FILE),
        backup: folder.join(BACKUP),
        usage: folder.join(ledger::FOLDER),
        is_writable,
        document,
        unwritten: Vec::new(),
        is_behind: false,
        backup_due: None,
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
    /// It is copied only if an update comes while somebody reads an earlier version.
    document: watch::Sender<Arc<Document>>,
    /// Ledger entries that are not on disk yet.
    unwritten: Vec<ledger::Entry>,
    /// Whether memory has something that is not on disk.
    is_behind: bool,
    /// When the backup must be written at the latest.
    backup_due: Option<Instant>,
    _lock: Lock,
}

impl Writer {
    fn run(mut self, updates: &mpsc::Receiver<Update>) {
        loop {
            let first = match self.backup_due {
                _ if self.is_behind => updates.recv_timeout(RETRY),
                Some(due) => {
                    updates.recv_timeout(REST.min(due.saturating_duration_since(Instant::now())))
                }
                None => updates.recv().map_err(RecvTimeoutError::from),
            };
            match first {
                Ok(first) => self.take(first, updates),
                Err(RecvTimeoutError::Timeout) if self.is_behind => match self.write() {
                    Ok(()) => tracing::info!("the registry is on disk again"),
                    Err(error) => tracing::debug!(%error, "the registry is still not on disk"),
                },
                Err(RecvTimeoutError::Timeout) => self.write_backup(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.is_behind
            && let Err(error) = self.write()
        {
            tracing::error!(%error, lines = self.unwritten.len(), "failed to write the registry before the exit; its last changes are lost");
        }
        if !self.is_behind && self.backup_due.is_some() {
            self.write_backup();
        }
    }

    /// Writes an update and all that are queued after it.
    fn take(&mut self, first: Update, updates: &mpsc::Receiver<Update>) {
        let mut waiting = Vec::new();
        self.document.send_modify(|document| {
            let document = Arc::make_mut(document);
            for update in std::iter::once(first).chain(updates.try_iter()) {
                if let Err(error) = document.put(update.channel, &update.record) {
                    tracing::error!(%error, channel = %update.channel, "failed to serialize a record");
                }
                self.unwritten.extend(update.entry);
                waiting.push(update.done);
            }
        });
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
        self.write_document(&self.path)?;
        self.is_behind = false;
        self.backup_due
            .get_or_insert_with(|| Instant::now() + BACKUP_AGE);
        Ok(())
    }

    fn write_backup(&mut self) {
        self.backup_due = match self.write_document(&self.backup) {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(%error, "failed to write the backup of the registry");
                Some(Instant::now() + BACKUP_AGE)
            }
        };
    }

    fn write_document(&self, path: &Path) -> io::Result<()> {
        let document = Arc::clone(&self.document.borrow());
        files::replace_with(path, |file| document.write(file))
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
