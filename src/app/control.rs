//! Serves the control socket.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    task::JoinHandle,
};

use uuid::Uuid;

use super::reload::Reloader;
use crate::{
    channel::{Adoption, client::Client},
    claude::sandbox::own_ids,
    control::{self, MAX_LINE, Request, Response},
    registry::Registry,
    snowflake::ChannelId,
};

/// How long a client may take to send its line, and to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_secs(1);

/// Ends with the bot.
pub(super) struct ControlSocket {
    folder: PathBuf,
    task: JoinHandle<()>,
}

/// What carries the commands out.
pub(super) struct Server {
    pub(super) reloader: Reloader,
    pub(super) registry: Registry,
    pub(super) adopts: mpsc::Sender<Adoption>,
}

impl ControlSocket {
    /// Serves the socket of a folder. Reloads the configuration when a signal asks for it, and the personality files when
    /// somebody in a channel does. If there is no socket, which is logged, a signal still works.
    pub(super) fn start(
        folder: &Path,
        server: Server,
        (mut signals, mut wanted): (mpsc::UnboundedReceiver<()>, mpsc::UnboundedReceiver<Client>),
    ) -> Self {
        let listener = control::listen(folder).and_then(UnixListener::from_std);
        if let Err(error) = &listener {
            tracing::error!(%error, "no control socket: commands cannot reach this bot");
        }
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    accepted = accept(listener.as_ref().ok()) => server.serve(accepted).await,
                    Some(client) = wanted.recv() => client.answer(server.reloader.reload_personas()),
                    Some(()) = signals.recv() => drop(server.reloader.reload()),
                }
            }
        });
        Self {
            folder: folder.to_owned(),
            task,
        }
    }

    /// Closes the socket, and lets go of the registry.
    pub(super) async fn stop(self) {
        self.task.abort();
        // It was just ended.
        drop(self.task.await);
        if let Err(error) = control::stop_listening(&self.folder) {
            tracing::warn!(%error, "failed to remove the control socket");
        }
    }
}

/// Waits for a client; forever without a listener.
async fn accept(listener: Option<&UnixListener>) -> io::Result<UnixStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

impl Server {
    async fn serve(&self, accepted: io::Result<UnixStream>) {
        let served = match accepted {
            Ok(stream) => self.answer(stream).await,
            Err(error) => {
                tokio::time::sleep(PAUSE).await;
                Err(error)
            }
        };
        if let Err(error) = served {
            tracing::warn!(%error, "a client of the control socket was not answered");
        }
    }

    async fn answer(&self, mut stream: UnixStream) -> io::Result<()> {
        let user = stream.peer_cred()?.uid();
        if user != own_ids().0 && user != 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut line = Vec::new();
        let mut reader = BufReader::new((&mut stream).take(MAX_LINE));
        tokio::time::timeout(PATIENCE, reader.read_until(b'\n', &mut line)).await??;
        let response = match serde_json::from_slice(&line) {
            Ok(request) => self.carry_out(request).await,
            Err(error) => Response::Refused(format!("the bot does not know this command: {error}")),
        };
        let mut line = serde_json::to_string(&response)?;
        line.push('\n');
        tokio::time::timeout(PATIENCE, stream.write_all(line.as_bytes())).await?
    }

    async fn carry_out(&self, request: Request) -> Response {
        let outcome = match request {
            Request::Reload => self.reloader.reload(),
            Request::Save => {
                let saved = self.registry.flush().await;
                saved
                    .map(|()| String::new())
                    .map_err(|error| error.to_string())
            }
            Request::Adopt { session, channel } => self.adopt(session, channel).await,
        };
        outcome.map_or_else(Response::Refused, Response::Done)
    }

    /// Waits until the channel has a copy of the session, or has refused it.
    async fn adopt(&self, session: Uuid, channel: ChannelId) -> Result<String, String> {
        let (client, mut answers) = Client::new();
        let adoption = Adoption {
            session,
            channel,
            client,
        };
        // At shutdown nobody answers any more.
        drop(self.adopts.send(adoption).await);
        let answer = answers.recv().await;
        answer.unwrap_or_else(|| Err("the bot is stopping".to_owned()))
    }
}
