//! Downloads files.

use std::{
    fs::File as OpenFile,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use reqwest::{Client, Url, redirect::Policy};
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout_at},
};

use super::{
    content::Room,
    file_server::FileServer,
    resolver::PublicResolver,
    store::{FOLDER, Store},
};
use crate::{
    config::{AttachmentSettings, Discord},
    external::{File, FileContent, FileState, SkipReason, UnseenReason},
    files::WorkspaceOwner,
    snowflake::MessageId,
    tls,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many chunks may wait to be written.
const MAX_PENDING_CHUNKS: usize = 8;

/// How many files are read at a time, over the whole bot: decoding a picture takes much memory.
const MAX_READING: usize = 2;

/// Fetches the files of messages. Clones share connections and the bound on files that are read at a time.
#[derive(Clone)]
pub struct Attachments {
    client: Client,
    source: FileServer,
    reading: Arc<Semaphore>,
    settings: AttachmentSettings,
    tenant: Option<WorkspaceOwner>,
}

impl Attachments {
    /// Fetches only from Discord's file servers, or from those of a loopback Discord. The files belong to `tenant` if
    /// Claude runs as another account.
    pub fn new(discord: &Discord, tenant: Option<WorkspaceOwner>) -> io::Result<Self> {
        let client = tls::client()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT);
        let (client, source) = match &discord.api_base {
            Some(base) => (client, FileServer::Loopback(base.clone())),
            None => (
                client
                    .https_only(true)
                    .dns_resolver(Arc::new(PublicResolver::system())),
                FileServer::Discord,
            ),
        };
        Ok(Self {
            client: client.build().map_err(io::Error::other)?,
            source,
            reading: Arc::new(Semaphore::new(MAX_READING)),
            settings: discord.attachments,
            tenant,
        })
    }

    /// Fetches the offered files into `workspace`, one at a time, and returns all files with their new state.
    pub async fn fetch(
        &self,
        workspace: &Path,
        message: MessageId,
        mut files: Vec<File>,
    ) -> Vec<File> {
        let deadline = Instant::now() + self.settings.timeout;
        let workspace = workspace.to_owned();
        let tenant = self.tenant.clone();
        let store = done(spawn_blocking(move || Store::open(&workspace, tenant.as_ref())).await);
        let store = store.map(Arc::new);
        let store = store.as_ref().map_err(|reason| *reason);
        let mut all_saved = Vec::new();
        for (place, file) in files.iter_mut().enumerate() {
            let FileState::Offered(url) = &file.state else {
                continue;
            };
            let fetched = match (self.check(place, file, url), store) {
                (Err(reason), _) | (_, Err(reason)) => Err(reason),
                (Ok(url), Ok(store)) => {
                    let download = Download {
                        url,
                        message,
                        number: place + 1,
                        original_name: file.name.clone(),
                        size: file.size,
                    };
                    self.fetch_one(store, download, deadline).await
                }
            };
            file.state = match fetched {
                Ok((name, saved)) => {
                    all_saved.push((place, saved));
                    FileState::Saved {
                        path: format!("{FOLDER}/{name}"),
                        content: FileContent::None,
                    }
                }
                Err(reason) => {
                    tracing::info!(%message, file = place + 1, %reason, "skipped an attachment");
                    FileState::Skipped(reason)
                }
            };
        }
        // Not within the deadline, which is for downloads: reading has bounds of its own.
        let mut room = Room::new();
        for (place, saved) in all_saved {
            let read = self.read(files[place].clone(), saved, &mut room).await;
            if let FileState::Saved { content, .. } = &mut files[place].state {
                *content = read;
            }
        }
        files
    }

    /// Reads what the message itself holds of a file. It is read from the open file: another may have its name by now.
    async fn read(&self, file: File, saved: OpenFile, room: &mut Room) -> FileContent {
        let Ok(permit) = Arc::clone(&self.reading).acquire_owned().await else {
            return FileContent::None;
        };
        let mut left = *room;
        // The permit goes along, because the task outlives whoever stops waiting for it.
        let read = spawn_blocking(move || {
            let content = left.read(&file, saved);
            drop(permit);
            (content, left)
        });
        match read.await {
            Ok((content, left)) => {
                *room = left;
                content
            }
            Err(error) => {
                tracing::error!(%error, "the task that reads an attachment failed");
                FileContent::Unseen(UnseenReason::Unreadable)
            }
        }
    }

    /// Checks a file against the owner's limits.
    fn check(&self, place: usize, file: &File, url: &str) -> Result<Url, SkipReason> {
        let AttachmentSettings {
            max_files,
            max_bytes,
            ..
        } = self.settings;
        if max_files == 0 {
            return Err(SkipReason::Disabled);
        }
        if place >= max_files {
            return Err(SkipReason::TooMany(max_files));
        }
        if file.size > max_bytes {
            return Err(SkipReason::TooLarge(max_bytes));
        }
        self.source.admits(url).ok_or(SkipReason::UntrustedServer)
    }

    async fn fetch_one(
        &self,
        store: &Arc<Store>,
        download: Download,
        deadline: Instant,
    ) -> Result<(String, OpenFile), SkipReason> {
        let Download {
            url,
            message,
            number,
            original_name,
            size,
        } = download;
        let keep = self.settings.keep_bytes;
        let folder = Arc::clone(store);
        let create = move || {
            folder.make_room(message, size, keep)?;
            folder.create(message, number, &original_name)
        };
        let (file, name) = done(spawn_blocking(create).await)?;
        let fetched = timeout_at(deadline, self.stream(url, size, file)).await;
        let reason = match fetched {
            Ok(Ok(file)) => return Ok((name, file)),
            Ok(Err(reason)) => reason,
            Err(_) => SkipReason::TimedOut,
        };
        let folder = Arc::clone(store);
        done(spawn_blocking(move || folder.remove(&name)).await)?;
        Err(reason)
    }

    /// Downloads at most `size` bytes into `file`.
    async fn stream(&self, url: Url, size: u64, file: OpenFile) -> Result<OpenFile, SkipReason> {
        let mut response = self.client.get(url).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(SkipReason::HttpStatus(status));
        }
        let (chunks, queue) = mpsc::channel(MAX_PENDING_CHUNKS);
        let written = spawn_blocking(move || write(file, queue));
        let mut received = 0;
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            received += chunk.len() as u64;
            if received > size {
                return Err(SkipReason::TooLarge(size));
            }
            if chunks.send(chunk).await.is_err() {
                break;
            }
        }
        drop(chunks);
        done(written.await)
    }
}

struct Download {
    url: Url,
    message: MessageId,
    number: usize,
    original_name: String,
    /// In bytes, as Discord reports it.
    size: u64,
}

/// The result of a job on the folder for attachments.
fn done<T>(job: Result<io::Result<T>, JoinError>) -> Result<T, SkipReason> {
    job.map_err(io::Error::from).flatten().map_err(|error| {
        tracing::error!(%error, "failed to use the folder for attachments");
        SkipReason::NotSaved
    })
}

fn write(mut file: OpenFile, mut chunks: mpsc::Receiver<impl AsRef<[u8]>>) -> io::Result<OpenFile> {
    while let Some(chunk) = chunks.blocking_recv() {
        file.write_all(chunk.as_ref())?;
    }
    Ok(file)
}

/// Logs the error without the URL, whose signature is a secret.
fn unreachable(error: reqwest::Error) -> SkipReason {
    tracing::debug!(error = %error.without_url(), "failed to fetch an attachment");
    SkipReason::Unreachable
}

#[cfg(test)]
mod tests;
