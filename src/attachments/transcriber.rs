//! Has voice messages transcribed by a program that the owner names.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    claude::process::{Helper, Host, run_helper},
    config::Discord,
    external::{File, FileContent, FileOrigin, FileState, UnseenReason, is_blank},
};

const TIMEOUT: Duration = Duration::from_mins(1);

/// The most bytes of a transcript.
const MOST: u64 = 16 * 1024;

/// Transcribes voice messages, one at a time. Clones share that bound.
#[derive(Clone)]
pub struct Transcriber {
    host: Arc<Host>,
    command: Vec<String>,
    network: bool,
    turn: Arc<Semaphore>,
}

impl Transcriber {
    /// `None` if the owner names no program.
    pub fn new(discord: &Discord, host: &Host) -> Option<Self> {
        (!discord.transcribe.is_empty()).then(|| Self {
            host: Arc::new(host.unobserved()),
            command: discord.transcribe.clone(),
            network: discord.transcribe_network,
            turn: Arc::new(Semaphore::new(1)),
        })
    }

    /// Puts the words of the message's own voice messages in their place.
    pub async fn transcribe(&self, workspace: &Path, files: &mut [File]) {
        for file in files {
            let is_own = file.is_voice && file.origin == FileOrigin::Message;
            if let FileState::Saved { path, content } = &mut file.state
                && is_own
            {
                *content = self.words(workspace, path).await;
            }
        }
    }

    async fn words(&self, workspace: &Path, file: &str) -> FileContent {
        let Ok(_permit) = self.turn.acquire().await else {
            return FileContent::Unseen(UnseenReason::Voice);
        };
        let helper = Helper {
            command: &self.command,
            file,
            workspace,
            network: self.network,
            timeout: TIMEOUT,
            most: MOST,
        };
        match run_helper(&self.host, &helper).await {
            Ok(words) if !is_blank(&words) => FileContent::Words(words.trim().to_owned()),
            Ok(_) => FileContent::Unseen(UnseenReason::NotTranscribed),
            Err(error) => {
                tracing::error!(%error, "`discord.transcribe` failed");
                FileContent::Unseen(UnseenReason::NotTranscribed)
            }
        }
    }
}
