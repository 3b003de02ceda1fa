//! The only writer of `active.json`.
//!
//! An update changes the view at once. The writer, a thread, has the same records as text, writes the ledger's entries of
//! all updates that are queued, and then the whole file from these texts. What comes meanwhile is written next, together.
//!
//! An update that somebody waits for is written at once, and acknowledged when it is on disk. The others are written with
//! it, or after their [`Delay`], but their ledger entries at once. An update that could not be written stays in memory.
//! Whoever waits for it gets an error, and it is written with the next update or by a periodic retry.
//!
//! The backup is written when no updates come for a while, so that nobody waits for it.
//!
//! If the file must not be overwritten, the writer only writes the ledger and acknowledges at once, so that people get
//! answers.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    document::{BACKUP, Document, FILE},
    issue::LoadIssue,
    load::Loaded,
    lock::Lock,
    record::Record,
};
use crate::{files, ledger, snowflake::ChannelId};

/// A short [`Delay`], in durations of the last write.
const SHORT_DELAY: u32 = 2;

const LONG_DELAY: Duration = Duration::from_secs(1);

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

/// How long an update that nobody waits for may stay in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// Twice as long as a write takes, so that the disk is free most of the time for updates that somebody waits for.
    Short,
    /// A second.
    Long,
}

struct Update {
    channel: ChannelId,
    record: Change,
    entries: Vec<ledger::Entry>,
    urgency: Urgency,
}

/// What becomes of a record.
enum Change {
    /// None has changed, or it could not be serialized.
    Keep,
    Replace(Arc<str>),
    Remove,
}

enum Urgency {
    Awaited(oneshot::Sender<Result<(), SaveError>>),
    Delayed(Delay),
}

/// A handle to the writer, which ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Registry {
    updates: mpsc::Sender<Update>,
    /// It is copied only if an update comes while somebody reads an earlier version. The copy shares the texts.
    view: Arc<Mutex<Arc<Document>>>,
    folder: Arc<Path>,
}

impl Registry {
    /// The current registry, including updates that are not on disk yet.
    pub fn view(&self) -> Arc<Document> {
        Arc::clone(&self.lock())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a channel's record, and entries to the ledger. Returns when all are on disk.
    pub async fn save(
        &self,
        channel: ChannelId,
        record: &Record,
        entries: impl IntoIterator<Item = ledger::Entry>,
    ) -> Result<(), SaveError> {
        let (done, saved) = oneshot::channel();
        let entries = entries.into_iter().collect();
        self.update(channel, record, entries, Urgency::Awaited(done));
        let gone = |_| Err(SaveError("the writer has ended".to_owned()));
        saved.await.unwrap_or_else(gone)
    }

    /// Returns when all updates so far are on disk.
    pub async fn flush(&self) -> Result<(), SaveError> {
        let (done, saved) = oneshot::channel();
        let gone = |_| Err(SaveError("the writer has ended".to_owned()));
        let update = Update {
            channel: ChannelId(0),
            record: Change::Keep,
            entries: Vec::new(),
            urgency: Urgency::Awaited(done),
        };
        if self.updates.send(update).is_err() {
            tracing::error!("the registry's writer has ended");
        }
        saved.await.unwrap_or_else(gone)
    }

    /// Has a channel's record written, and entries of the ledger.
    pub fn save_later(
        &self,
        channel: ChannelId,
        record: &Record,
        entries: Vec<ledger::Entry>,
        delay: Delay,
    ) {
        self.update(channel, record, entries, Urgency::Delayed(delay));
    }

    /// Drops a channel's record, whose channel is gone.
    pub fn remove(&self, channel: ChannelId) {
        Arc::make_mut(&mut *self.lock()).remove(channel);
        let update = Update {
            channel,
            record: Change::Remove,
            entries: Vec::new(),
            urgency: Urgency::Delayed(Delay::Long),
        };
        if self.updates.send(update).is_err() {
            tracing::error!(%channel, "the registry's writer has ended; an update is lost");
        }
    }

    fn update(
        &self,
        channel: ChannelId,
        record: &Record,
        entries: Vec<ledger::Entry>,
        urgency: Urgency,
    ) {
        let record = Arc::make_mut(&mut *self.lock()).put(channel, record);
        if let Err(error) = &record {
            tracing::error!(%error, %channel, "failed to serialize a record");
        }
        let update = Update {
            channel,
            record: record.map_or(Change::Keep, Change::Replace),
            entries,
            urgency,
        };
        if self.updates.send(update).is_err() {
            tracing::error!(%channel, "the registry's writer has ended; an update is lost");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Document>> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
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
    let document = Arc::new(loaded.document);
    let writer = Writer {
        path: folder.join(FILE),
        backup: folder.join(BACKUP),
        usage: folder.join(ledger::FOLDER),
        is_writable,
        document: Document::clone(&document),
        unwritten: Vec::new(),
        waiting: Vec::new(),
        due: None,
        has_failed: false,
        took: Duration::ZERO,
        rests_at: Instant::now(),
        backup_due: None,
        _lock: lock,
    };
    let thread = thread::Builder::new()
        .name("registry".into())
        .spawn(move || writer.run(&receiver))?;
    let registry = Registry {
        updates,
        view: Arc::new(Mutex::new(document)),
        folder: folder.into(),
    };
    Ok((registry, thread))
}

struct Writer {
    path: PathBuf,
    backup: PathBuf,
    usage: PathBuf,
    is_writable: bool,
    /// The view without the updates that are still queued.
    document: Document,
    /// Ledger entries that are not on disk yet.
    unwritten: Vec<ledger::Entry>,
    /// Who waits until the document is on disk.
    waiting: Vec<oneshot::Sender<Result<(), SaveError>>>,
    /// When what is not on disk must be written; `None` if there is nothing.
    due: Option<Instant>,
    /// Whether the last attempt to write failed.
    has_failed: bool,
    /// How long the last write of the file took.
    took: Duration,
    /// When the backup is written if no more updates come.
    rests_at: Instant,
    /// When it must be written at the latest; `None` if it is up to date.
    backup_due: Option<Instant>,
    _lock: Lock,
}

impl Writer {
    fn run(mut self, updates: &mpsc::Receiver<Update>) {
        loop {
            let backup_due = self.backup_due.map(|due| due.min(self.rests_at));
            let received = match self.due.or(backup_due) {
                Some(due) => updates.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => updates.recv().map_err(RecvTimeoutError::from),
            };
            match received {
                Ok(first) => {
                    let all = std::iter::once(first).chain(updates.try_iter());
                    all.for_each(|update| self.take(update));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.write_due(Instant::now());
        }
        if self.due.is_some() {
            self.write();
        }
        if self.has_failed {
            tracing::error!(
                lines = self.unwritten.len(),
                "failed to write the registry before the exit; its last changes are lost"
            );
        } else if self.backup_due.is_some() {
            self.write_backup();
        }
    }

    fn take(&mut self, update: Update) {
        match update.record {
            Change::Keep => {}
            Change::Replace(record) => self.document.set(update.channel, record),
            Change::Remove => self.document.remove(update.channel),
        }
        self.unwritten.extend(update.entries);
        let delay = match update.urgency {
            Urgency::Awaited(done) => {
                self.waiting.push(done);
                Duration::ZERO
            }
            Urgency::Delayed(Delay::Short) => LONG_DELAY.min(self.took * SHORT_DELAY),
            Urgency::Delayed(Delay::Long) => LONG_DELAY,
        };
        let now = Instant::now();
        let due = now + delay;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
        self.rests_at = now + REST;
    }

    fn write_due(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.write();
        } else if !self.unwritten.is_empty()
            && let Err(error) = self.write_entries()
        {
            tracing::error!(%error, "failed to write the ledger; its lines are kept in memory");
        }
        let is_due = |due: Instant| due.min(self.rests_at) <= now;
        if self.due.is_none() && self.backup_due.is_some_and(is_due) {
            self.write_backup();
        }
    }

    /// Writes what is not on disk, and tells those who wait.
    fn write(&mut self) {
        let written = self
            .try_write()
            .map_err(|error| SaveError(error.to_string()));
        let is_retry = std::mem::replace(&mut self.has_failed, written.is_err());
        let updates = self.waiting.len();
        match &written {
            Ok(()) if is_retry => tracing::info!("the registry is on disk again"),
            Ok(()) => {}
            Err(error) if is_retry && updates == 0 => {
                tracing::debug!(%error, "the registry is still not on disk");
            }
            Err(error) => {
                tracing::error!(%error, updates, "the registry is not on disk; kept in memory");
            }
        }
        for done in self.waiting.drain(..) {
            // The sender may have stopped waiting.
            drop(done.send(written.clone()));
        }
    }

    /// Writes the ledger first: the next start finds a line that no record counts, but could not find a turn without a
    /// line.
    fn try_write(&mut self) -> io::Result<()> {
        self.due = Some(Instant::now() + RETRY);
        let entries = self.write_entries();
        if !self.is_writable {
            match entries {
                Ok(()) => self.due = None,
                Err(error) => tracing::error!(%error, "failed to write the ledger"),
            }
            return Ok(());
        }
        entries?;
        let begun = Instant::now();
        self.write_document(&self.path)?;
        self.took = begun.elapsed();
        self.due = None;
        self.backup_due
            .get_or_insert_with(|| Instant::now() + BACKUP_AGE);
        Ok(())
    }

    fn write_backup(&mut self) {
        self.backup_due = match self.write_document(&self.backup) {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(%error, "failed to write the backup of the registry");
                self.rests_at = Instant::now() + REST;
                Some(Instant::now() + BACKUP_AGE)
            }
        };
    }

    fn write_document(&self, path: &Path) -> io::Result<()> {
        files::replace_with(path, |file| self.document.write(file))
    }

    fn write_entries(&mut self) -> io::Result<()> {
        let mut written = 0;
        let mut months = self
            .unwritten
            .chunk_by(|a, b| a.file_name() == b.file_name());
        let result = months.try_for_each(|month| {
            ledger::append(&self.usage, month)?;
            written += month.len();
            Ok(())
        });
        self.unwritten.drain(..written);
        result
    }
}
