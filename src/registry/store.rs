//! Loading `active.json`, and its one writer.
//!
//! # Theory of operation
//!
//! The writer is a thread: it waits for an update, takes all others that have arrived meanwhile, appends their
//! ledger lines, rewrites the file once, and acknowledges them all. So an acknowledged update is on disk, and a
//! burst costs one rewrite. An update that could not be written stays in memory and is written with the next one;
//! whoever asked for it is told.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use chrono::{SecondsFormat, Utc};
use tokio::sync::{mpsc, oneshot, watch};

use super::{catch_up::catch_up, document::Document, lock::Lock, record::Record};
use crate::{files, ledger, snowflake::ChannelId};

/// The file's name in the `sessions` folder.
pub const FILE: &str = "active.json";

/// The copy of the last good content.
pub const BACKUP: &str = "active.json.bak";

/// A registry that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system did not let us read it; it may well be whole, so nothing may take its place.
    #[error("failed to read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// It is broken and could not be kept aside, so nothing may take its place.
    #[error("{} is broken ({reason}) and could not be kept aside: {error}", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The system's reason.
        error: io::Error,
    },
}

/// What was found.
#[derive(Debug)]
pub struct Loaded {
    /// The registry.
    pub document: Document,
    /// What the owner should hear of: a broken file kept aside, records that cannot be read.
    pub trouble: Vec<String>,
}

/// Reads the registry of a `sessions` folder and touches nothing.
///
/// # Errors
///
/// As the system gives them; `InvalidData` where the file is broken.
pub fn read(folder: &Path) -> io::Result<Document> {
    let path = folder.join(FILE);
    let said = |kind, reason: &dyn std::fmt::Display| {
        io::Error::new(kind, format!("{}: {reason}", path.display()))
    };
    match fs::read(&path) {
        Ok(bytes) => {
            Document::parse(&bytes).map_err(|error| said(io::ErrorKind::InvalidData, &error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Document::default()),
        Err(error) => Err(said(error.kind(), &error)),
    }
}

/// Reads the registry of a `sessions` folder for a bot that will write it.
///
/// Missing or empty: an empty registry. Broken: copied to `active.json.corrupt-<time>`, and the last good content
/// is used. Turns that only the ledger has are counted.
///
/// # Errors
///
/// [`LoadError`]; a bot must not start then, or it would write over what it could not read.
pub fn load(folder: &Path) -> Result<Loaded, LoadError> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(LoadError::Read { path, error }),
    };
    let mut trouble = Vec::new();
    let mut document = match Document::parse(&bytes) {
        Ok(document) => document,
        Err(reason) => {
            let reason = reason.to_string();
            let aside = keep_aside(&path).map_err(|error| LoadError::Aside {
                path: path.clone(),
                reason: reason.clone(),
                error,
            })?;
            let backup = fs::read(folder.join(BACKUP)).ok();
            let backup = backup.and_then(|bytes| Document::parse(&bytes).ok());
            let used = if backup.is_some() {
                "the last good state is used"
            } else {
                "no good state is left"
            };
            trouble.push(format!(
                "{} is broken ({reason}); it was kept as {}, and {used}",
                path.display(),
                aside.display()
            ));
            backup.unwrap_or_default()
        }
    };
    let (channels, others): (Vec<_>, Vec<_>) = document
        .unreadable()
        .partition(|key| key.parse::<ChannelId>().is_ok());
    if !others.is_empty() {
        let others = others.join(", ");
        trouble.push(format!(
            "no channels, kept as they are in {}: {others}",
            path.display()
        ));
    }
    if !channels.is_empty() {
        // The channel's next message makes a record in their place.
        let aside = keep_aside(&path).map_err(|error| LoadError::Aside {
            path: path.clone(),
            reason: "records without a session".to_owned(),
            error,
        })?;
        trouble.push(format!(
            "channels without a session id in {}: {}; the file as it was is kept as {}",
            path.display(),
            channels.join(", "),
            aside.display()
        ));
    }
    match ledger::newest(&folder.join(ledger::FOLDER)) {
        Ok(lines) => {
            let counted = catch_up(&mut document, &lines);
            if counted > 0 {
                trouble.push(format!(
                    "{counted} turns of the ledger were not counted in {}; they are now",
                    path.display()
                ));
            }
        }
        Err(error) => trouble.push(format!("failed to read the ledger: {error}")),
    }
    Ok(Loaded { document, trouble })
}

fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let time = Utc::now()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
        .replace(':', "-");
    let mut taken = 0;
    loop {
        let aside = path.with_file_name(format!("{FILE}.corrupt-{time}-{taken}"));
        match files::copy_aside(path, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken += 1,
            Err(error) => return Err(error),
        }
    }
}

/// An update that is not on disk. It is kept and written with the next one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to write the registry: {0}")]
pub struct SaveError(String);

struct Update {
    channel: ChannelId,
    record: Record,
    line: Option<ledger::Line>,
    done: oneshot::Sender<Result<(), SaveError>>,
}

/// The handle of the writer. Clones share it; when the last is gone, the writer ends and frees the lock.
#[derive(Debug, Clone)]
pub struct Registry {
    updates: mpsc::UnboundedSender<Update>,
    view: watch::Receiver<Arc<Document>>,
    folder: Arc<Path>,
}

impl Registry {
    /// The registry as it stands, updates on their way to the disk included.
    #[must_use]
    pub fn view(&self) -> Arc<Document> {
        Arc::clone(&self.view.borrow())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a channel's record and, with it, a turn's line in the ledger. Returns when both are on disk.
    ///
    /// # Errors
    ///
    /// [`SaveError`]; the update is kept in memory then.
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

/// Starts the writer of a `sessions` folder. It holds the lock until the last [`Registry`] is dropped; the
/// returned handle ends then.
///
/// # Errors
///
/// As the system gives them where no thread can be started.
pub fn open(
    folder: &Path,
    document: Document,
    lock: Lock,
) -> io::Result<(Registry, thread::JoinHandle<()>)> {
    for name in [FILE, BACKUP] {
        let removed = files::remove_leftovers(&folder.join(name))?;
        if removed > 0 {
            tracing::info!(
                removed,
                name,
                "removed temporary files of a bot that was killed"
            );
        }
    }
    let (updates, receiver) = mpsc::unbounded_channel();
    let (publish, view) = watch::channel(Arc::new(document.clone()));
    let writer = Writer {
        path: folder.join(FILE),
        backup: folder.join(BACKUP),
        usage: folder.join(ledger::FOLDER),
        document,
        publish,
        unwritten: Vec::new(),
        _lock: lock,
    };
    let thread = thread::Builder::new()
        .name("registry".into())
        .spawn(move || writer.run(receiver))?;
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
    document: Document,
    publish: watch::Sender<Arc<Document>>,
    /// Lines that a failed write left over.
    unwritten: Vec<ledger::Line>,
    _lock: Lock,
}

impl Writer {
    fn run(mut self, mut updates: mpsc::UnboundedReceiver<Update>) {
        while let Some(first) = updates.blocking_recv() {
            let mut batch = vec![first];
            while let Ok(next) = updates.try_recv() {
                batch.push(next);
            }
            let mut waiting = Vec::with_capacity(batch.len());
            for update in batch {
                if let Err(error) = self.document.put(update.channel, &update.record) {
                    tracing::error!(%error, channel = %update.channel, "a record is not JSON");
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
                // Nobody has to wait for the answer.
                drop(done.send(written.clone()));
            }
        }
        if !self.unwritten.is_empty()
            && let Err(error) = self.write()
        {
            tracing::error!(%error, lines = self.unwritten.len(), "lost at the end");
        }
    }

    /// The ledger first: a line without its record is found and booked at the next start, a record without its
    /// line would never be.
    fn write(&mut self) -> io::Result<()> {
        let mut written = 0;
        let lines = self.unwritten.iter().try_for_each(|line| {
            ledger::append(&self.usage, line)?;
            written += 1;
            Ok(())
        });
        self.unwritten.drain(..written);
        lines.and_then(|()| {
            let text = self.document.to_text()?;
            files::replace(&self.path, text.as_bytes())?;
            files::replace(&self.backup, text.as_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(session: &str) -> Record {
        Record::new(session.into(), "sonnet".into(), Utc::now())
    }

    fn opened(folder: &Path) -> (Registry, thread::JoinHandle<()>) {
        let lock = Lock::take(folder).unwrap();
        open(folder, load(folder).unwrap().document, lock).unwrap()
    }

    #[test]
    fn a_turn_that_only_the_ledger_has_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (channel, before) = (ChannelId(1), record("s"));
        let mut document = Document::default();
        document.put(channel, &before).unwrap();
        let text = document.to_text().unwrap();
        files::replace(&folder.path().join(FILE), text.as_bytes()).unwrap();
        let line = serde_json::json!({
            "time": "2026-11-21T12:00:00Z", "turn": "t", "channel": "1", "author": "2", "message": "3",
            "session": "s", "model": "sonnet", "model_used": null, "input_tokens": 1, "output_tokens": 2,
            "cache_read_tokens": 3, "cache_creation_tokens": 4, "cost_usd": 0.5, "duration_ms": 10,
            "outcome": "answered",
        });
        let line = serde_json::from_value(line).unwrap();
        ledger::append(&folder.path().join(ledger::FOLDER), &line).unwrap();
        let loaded = load(folder.path()).unwrap();
        let record = loaded.document.get(channel).unwrap();
        assert_eq!((record.message_count, record.total_input_tokens), (1, 1));
        assert_eq!(loaded.trouble.len(), 1);
    }

    #[tokio::test]
    async fn what_is_acknowledged_is_on_disk_and_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (registry, writer) = opened(folder.path());
        let saves = (0..50).map(|id| registry.save(ChannelId(id), record(&id.to_string()), None));
        for saved in futures_util::future::join_all(saves).await {
            saved.unwrap();
        }
        let path = folder.path().join(FILE);
        assert_eq!(
            Document::parse(&fs::read(&path).unwrap())
                .unwrap()
                .records()
                .count(),
            50
        );
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(registry);
        writer.join().unwrap();
        assert!(
            Lock::take(folder.path()).is_ok(),
            "the lock goes with the writer"
        );
    }

    #[tokio::test]
    async fn a_failed_write_is_told_and_made_up_for() {
        let folder = tempfile::tempdir().unwrap();
        let (registry, _writer) = opened(folder.path());
        let path = folder.path().join(FILE);
        fs::create_dir(&path).unwrap();
        assert!(
            registry
                .save(ChannelId(1), record("a"), None)
                .await
                .is_err()
        );
        fs::remove_dir(&path).unwrap();
        registry
            .save(ChannelId(2), record("b"), None)
            .await
            .unwrap();
        let found = Document::parse(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(found.get(ChannelId(1)).unwrap().session_id, "a");
    }

    #[tokio::test]
    async fn a_broken_file_is_kept_and_the_last_good_state_used() {
        let folder = tempfile::tempdir().unwrap();
        let (registry, writer) = opened(folder.path());
        registry
            .save(ChannelId(1), record("a"), None)
            .await
            .unwrap();
        drop(registry);
        writer.join().unwrap();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        for cut in 1..whole.len() - 2 {
            files::replace(&path, &whole[..cut]).unwrap();
            let loaded = load(folder.path()).unwrap();
            assert_eq!(
                loaded.document.get(ChannelId(1)).unwrap().session_id,
                "a",
                "cut at {cut}"
            );
            assert_eq!(loaded.trouble.len(), 1);
            assert_eq!(
                fs::read(&path).unwrap(),
                &whole[..cut],
                "never overwritten by loading"
            );
        }
        let aside = fs::read_dir(folder.path()).unwrap().flatten();
        let aside = aside.filter(|entry| entry.file_name().to_string_lossy().contains("corrupt"));
        assert!(aside.count() > 0);
    }

    #[test]
    fn missing_and_empty_are_empty_and_unreadable_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap().document, Document::default());
        files::replace(&folder.path().join(FILE), b"").unwrap();
        assert_eq!(load(folder.path()).unwrap().document, Document::default());
        fs::remove_file(folder.path().join(FILE)).unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(matches!(load(folder.path()), Err(LoadError::Read { .. })));
    }
}
