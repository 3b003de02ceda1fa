//! Files that somebody asks for, made in a task of their own, so that the channel can handle a `!stop` meanwhile.

use std::{path::Path, sync::Arc, time::Duration};

use uuid::Uuid;

use super::Actor;
use crate::{
    channel::{
        changes,
        client::Client,
        export::export,
        messages::{SHUTTING_DOWN, files as texts, personas},
        state::{Document, Event},
    },
    chat::{Post, PostKey},
    claude::{
        process::{Helper, HelperError, Host, run_helper},
        transcript::{self, TranscriptError},
    },
    redact::cut,
    snowflake::{ChannelId, MessageId},
};

/// How much of a transcript is read, in bytes.
const MOST_OF_TRANSCRIPT: u64 = 64 * 1024 * 1024;

/// The largest file of an export, in bytes.
const LARGEST_EXPORT: u64 = 4 * 1024 * 1024;

/// How long git may take, and the most bytes of what it says.
const GIT_TIMEOUT: Duration = Duration::from_secs(20);
const MOST_OF_CHANGES: u64 = 2 * 1024 * 1024;

/// Bytes for the rest of a file of changes.
const MARGIN: u64 = 64 * 1024;

impl Actor {
    pub(super) fn compose(&self, document: Document, key: PostKey, reply_to: Option<MessageId>) {
        let reports = self.reports.0.clone();
        // One channel does not take the places of all.
        let Ok(only) = Arc::clone(&self.document).try_acquire_owned() else {
            let post = Box::new(Post::text(texts::ONE_AT_A_TIME).replying_to(reply_to));
            drop(reports.send(Box::new(Event::Composed { key, post })));
            return;
        };
        match document {
            Document::Export { session, at, last } => {
                let export = self.export(session, at, last);
                let slots = Arc::clone(&self.shared.documents);
                tokio::spawn(async move {
                    let _slots = (only, slots.acquire().await);
                    let made = tokio::task::spawn_blocking(export).await;
                    let post = made.unwrap_or_else(|error| {
                        tracing::error!(%error, "failed to export a conversation");
                        Post::text(texts::TRANSCRIPT_UNREADABLE)
                    });
                    let post = Box::new(post.replying_to(reply_to));
                    // The actor may be gone by now.
                    drop(reports.send(Box::new(Event::Composed { key, post })));
                });
            }
            Document::Changes => {
                // Not `shared`, as below.
                let host = self.shared.host.unobserved();
                let slots = Arc::clone(&self.shared.documents);
                let (channel, workspace) = (self.channel, self.workspace());
                let limit = self.shared.directory.attachment_limit(channel);
                let most = limit.saturating_sub(MARGIN).min(MOST_OF_CHANGES);
                tokio::spawn(async move {
                    let _slots = (only, slots.acquire().await);
                    let post = changed(&host, channel, &workspace, most).await;
                    let post = Box::new(post.replying_to(reply_to));
                    drop(reports.send(Box::new(Event::Composed { key, post })));
                });
            }
            Document::Personas => self.reload_personas(key, reply_to),
        }
    }

    /// Has the files of all personas read anew.
    fn reload_personas(&self, key: PostKey, reply_to: Option<MessageId>) {
        let (client, mut answers) = Client::new();
        if let Some(reloads) = &self.shared.reloads {
            // At shutdown nobody answers any more.
            drop(reloads.send(client));
        } else {
            client.answer(Err(personas::NO_FILES.to_owned()));
        }
        let reports = self.reports.0.clone();
        tokio::spawn(async move {
            let answer = answers
                .recv()
                .await
                .unwrap_or_else(|| Err(SHUTTING_DOWN.to_owned()));
            let (Ok(text) | Err(text)) = answer;
            let post = Box::new(Post::text(text).replying_to(reply_to));
            // The actor may be gone by now.
            drop(reports.send(Box::new(Event::Composed { key, post })));
        });
    }

    /// Exports a session up to the message `at`, on a thread that may block.
    fn export(
        &self,
        session: String,
        at: Option<String>,
        last: Option<usize>,
    ) -> impl FnOnce() -> Post + Send + use<> {
        // Not `shared`: at shutdown the bot waits until nobody holds the outbox or the registry.
        let host = &self.shared.host;
        let (environment, account) = (host.environment.clone(), host.account.clone());
        let workspace = self.workspace();
        let limit = self.shared.directory.attachment_limit(self.channel);
        // Both files are sent in one request.
        let limit = (limit / 2).min(LARGEST_EXPORT);
        let channel = self.channel;
        move || {
            let session = Uuid::parse_str(&session).map_err(|_| TranscriptError::Missing);
            let read = session.and_then(|session| {
                let account = account.as_ref();
                transcript::read(
                    &environment,
                    account,
                    &workspace,
                    session,
                    MOST_OF_TRANSCRIPT,
                )
            });
            let transcript = match read {
                Ok(transcript) => transcript,
                Err(TranscriptError::Missing) => return Post::text(texts::TRANSCRIPT_GONE),
                Err(error) => {
                    tracing::error!(%channel, %error, "failed to read a transcript");
                    return Post::text(texts::TRANSCRIPT_UNREADABLE);
                }
            };
            let entries = transcript::conversation(&transcript, at.as_deref());
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            match export(entries, last, limit) {
                Some(export) => Post {
                    files: export.files,
                    ..Post::text(texts::exported(
                        export.turns,
                        export.left_out,
                        last.is_none(),
                    ))
                },
                None => Post::text(texts::NOTHING_TO_EXPORT),
            }
        }
    }
}

/// Asks git what changed in a workspace. Only the sandbox can hold git in there: where a repository has its objects is for
/// whoever writes it to say.
async fn changed(host: &Host, channel: ChannelId, workspace: &Path, most: u64) -> Post {
    if !workspace.exists() {
        return Post::text(texts::NO_REPOSITORY);
    }
    let command = ["sh", "-c", changes::SCRIPT, "git"].map(str::to_owned);
    let helper = Helper {
        command: &command,
        file: "",
        workspace,
        network: false,
        timeout: GIT_TIMEOUT,
        most,
    };
    match run_helper(host, &helper).await {
        Ok(mut output) => {
            let is_cut = output.len() as u64 >= most;
            if is_cut {
                output.truncate(cut(&output, output.len().saturating_sub(1)).len());
            }
            match changes::read(&output) {
                Some(repositories) => changes::post(repositories, is_cut),
                None => Post::text(texts::NO_GIT),
            }
        }
        Err(HelperError::Sandbox(_)) => Post::text(texts::NEEDS_BWRAP),
        Err(HelperError::TimedOut(_)) => Post::text(texts::GIT_TOOK_TOO_LONG),
        Err(error) => {
            tracing::error!(%channel, %error, "git could not compare a workspace");
            Post::text(texts::GIT_FAILED)
        }
    }
}
