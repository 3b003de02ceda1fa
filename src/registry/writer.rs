//! The one writer of `active.json`.
//!
//! # Theory of operation
//!
//! The writer is a thread: it waits for an update, takes all others that have arrived meanwhile, appends their
//! ledger lines, rewrites the file once, and acknowledges them all. So an acknowledged update is on disk, and a
//! burst costs one rewrite. An update that could not be written stays in memory and is written with the next one;
//! whoever asked for it is told.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    document::Document,
    load::{BACKUP, FILE},
    lock::Lock,
    record::Record,
};
use crate::{files, ledger, snowflake::ChannelId};

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
