//! Fetching.

use std::{
    fs::File as OpenFile,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use reqwest::{Client, Url, redirect::Policy};
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::{
    public::PublicOnly,
    source::Source,
    store::{FOLDER, Store},
};
use crate::{
    config::{AttachmentSettings, Discord},
    external::{Fate, File, Left},
    files::Tenant,
    snowflake::MessageId,
};

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// How many pieces of a file may wait to be written.
const PIECES: usize = 8;

/// Fetches the files of messages. Clones share the connections.
#[derive(Clone)]
pub struct Attachments {
    client: Client,
    source: Source,
    settings: AttachmentSettings,
    tenant: Option<Tenant>,
}

impl Attachments {
    /// A client of its own, which keeps to Discord's file servers, or to those of a loopback Discord. The files are
    /// `tenant`'s, where Claude runs as another account than the bot.
    ///
    /// # Errors
    ///
    /// As TLS gives them.
    pub fn new(discord: &Discord, tenant: Option<Tenant>) -> io::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECTING);
        let (client, source) = match &discord.api_base {
            Some(base) => (client, Source::Loopback(base.clone())),
            None => (
                client
                    .https_only(true)
                    .dns_resolver(Arc::new(PublicOnly::system())),
                Source::Discord,
            ),
        };
        Ok(Self {
            client: client.build().map_err(io::Error::other)?,
            source,
            settings: discord.attachments,
            tenant,
        })
    }

    /// Fetches what is offered among `files` into `workspace`, one after the other, and says what has become of each.
    pub async fn fetch(
        &self,
        workspace: &Path,
        message: MessageId,
        mut files: Vec<File>,
    ) -> Vec<File> {
        let deadline = Instant::now() + self.settings.timeout;
        let workspace = workspace.to_owned();
        let tenant = self.tenant.clone();
        let store = match spawn_blocking(move || Store::open(&workspace, tenant.as_ref())).await {
            Ok(Ok(store)) => Some(Arc::new(store)),
            Ok(Err(error)) => {
                tracing::error!(%error, "the folder for files could not be opened");
                None
            }
            Err(error) => {
                tracing::error!(%error, "opening the folder for files failed");
                None
            }
        };
        for (place, file) in files.iter_mut().enumerate() {
            let Fate::Offered(address) = &file.fate else {
                continue;
            };
            let fetched = match (self.admit(place, file, address), &store) {
                (Err(why), _) => Err(why),
                (Ok(_), None) => Err(Left::NotSaved),
                (Ok(url), Some(store)) => {
                    let wanted = Wanted {
                        url,
                        message,
                        number: place + 1,
                        called: file.name.clone(),
                        size: file.size,
                    };
                    self.fetch_one(store, wanted, deadline).await
                }
            };
            file.fate = match fetched {
                Ok(name) => Fate::Saved(format!("{FOLDER}/{name}")),
                Err(why) => {
                    tracing::info!(%message, file = place + 1, %why, "a file was not fetched");
                    Fate::Left(why)
                }
            };
        }
        files
    }

    fn admit(&self, place: usize, file: &File, address: &str) -> Result<Url, Left> {
        let AttachmentSettings {
            max_files,
            max_bytes,
            ..
        } = self.settings;
        if max_files == 0 {
            return Err(Left::Off);
        }
        if place >= max_files {
            return Err(Left::TooMany(max_files));
        }
        if file.size > max_bytes {
            return Err(Left::TooLarge(max_bytes));
        }
        self.source.admits(address).ok_or(Left::Elsewhere)
    }

    async fn fetch_one(
        &self,
        store: &Arc<Store>,
        wanted: Wanted,
        deadline: Instant,
    ) -> Result<String, Left> {
        let Wanted {
            url,
            message,
            number,
            called,
            size,
        } = wanted;
        let keep = self.settings.keep_bytes;
        let (file, name) = on_disk(store, move |store| {
            store.make_room(message, size, keep)?;
            store.create(message, number, &called)
        })
        .await?;
        let fetched = timeout_at(deadline, self.stream(url, size, file)).await;
        let why = match fetched {
            Ok(Ok(())) => return Ok(name),
            Ok(Err(why)) => why,
            Err(_) => Left::TooSlow,
        };
        on_disk(store, move |store| store.remove(&name)).await?;
        Err(why)
    }

    /// Writes what the server sends into `file`, at most `size` bytes.
    async fn stream(&self, url: Url, size: u64, file: OpenFile) -> Result<(), Left> {
        let mut response = self.client.get(url).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Left::Refused(status));
        }
        let (pieces, receiver) = mpsc::channel(PIECES);
        let writing = spawn_blocking(move || write(file, receiver));
        let mut taken = 0;
        while let Some(piece) = response.chunk().await.map_err(unreachable)? {
            taken += piece.len() as u64;
            if taken > size {
                return Err(Left::TooLarge(size));
            }
            if pieces.send(piece).await.is_err() {
                break;
            }
        }
        drop(pieces);
        match writing.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "a file could not be written");
                Err(Left::NotSaved)
            }
            Err(error) => {
                tracing::error!(%error, "writing a file failed");
                Err(Left::NotSaved)
            }
        }
    }
}

/// A file that is fetched.
struct Wanted {
    url: Url,
    message: MessageId,
    number: usize,
    called: String,
    /// In bytes, as Discord has it.
    size: u64,
}

/// Does something with the folder where waiting harms nobody.
async fn on_disk<T: Send + 'static>(
    store: &Arc<Store>,
    job: impl FnOnce(&Store) -> io::Result<T> + Send + 'static,
) -> Result<T, Left> {
    let store = Arc::clone(store);
    match spawn_blocking(move || job(&store)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "the folder for files could not be used");
            Err(Left::NotSaved)
        }
        Err(error) => {
            tracing::error!(%error, "using the folder for files failed");
            Err(Left::NotSaved)
        }
    }
}

fn write(mut file: OpenFile, mut pieces: mpsc::Receiver<impl AsRef<[u8]>>) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(piece.as_ref())?;
    }
    Ok(())
}

/// Without the address, whose signature is not for the log.
fn unreachable(error: reqwest::Error) -> Left {
    tracing::debug!(error = %error.without_url(), "a file could not be fetched");
    Left::Unreachable
}
