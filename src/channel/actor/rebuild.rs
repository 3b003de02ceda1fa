//! Rebuilding a lost conversation, in a task of its own, because it reads the ledger and writes a transcript.

use std::{collections::BTreeSet, path::Path};

use uuid::Uuid;

use super::Actor;
use crate::{
    channel::{
        rebuild::{Conversation, Rebuild, Rebuilt},
        state::Event,
    },
    claude::{
        process::Host,
        transcript::{self, TranscriptError, seed},
    },
    ledger,
    snowflake::ChannelId,
};

impl Actor {
    pub(super) fn rebuild(&self, order: Rebuild) {
        // Not `shared`: at shutdown the bot waits until nobody holds the outbox or the registry.
        let host = self.shared.host.unobserved();
        let folder = self.shared.registry.folder().join(ledger::FOLDER);
        let (channel, workspace) = (self.channel, self.workspace());
        let reports = self.reports.0.clone();
        tokio::task::spawn_blocking(move || {
            let session = order.session.clone();
            let rebuilt = rebuild((&host, &workspace), &folder, channel, order);
            // The actor may be gone by now.
            drop(reports.send(Box::new(Event::Rebuilt { session, rebuilt })));
        });
    }
}

fn rebuild(
    (host, workspace): (&Host, &Path),
    folder: &Path,
    channel: ChannelId,
    order: Rebuild,
) -> Rebuilt {
    let Some(oldest) = order.history.messages.first().map(|message| message.id) else {
        return Rebuilt::Nothing;
    };
    let answers = ledger::answers(folder, oldest).unwrap_or_else(|error| {
        tracing::error!(%channel, %error, "failed to read the ledger; Claude's answers are not in the rebuilt conversation");
        BTreeSet::new()
    });
    let conversation = Conversation::of(order.history, &answers);
    if conversation.is_empty() {
        return Rebuilt::Nothing;
    }
    let messages = conversation.messages;
    let fingerprint = conversation.fingerprint();
    let (environment, account) = (&host.environment, host.account.as_ref());
    let is_there = |session: &&String| {
        let session = Uuid::parse_str(session);
        session.is_ok_and(|it| transcript::read(environment, account, workspace, it, 0).is_ok())
    };
    if !order.is_quoted {
        if let Some(session) = order.earlier.get(&fingerprint).filter(is_there) {
            tracing::info!(%channel, session, "an earlier session began with the same messages");
            let session = session.clone();
            return Rebuilt::Transcript {
                session,
                fingerprint,
                messages,
            };
        }
        let write = || {
            let session = Uuid::parse_str(&order.session).map_err(|_| TranscriptError::Missing)?;
            let lines = seed::lines(workspace, session, &conversation.entries());
            let place = (&*host.workspace_dir, workspace);
            let ids = (session, session);
            transcript::put_copy(environment, account, place, lines.as_bytes(), ids)
        };
        match write() {
            Ok(()) => {
                return Rebuilt::Transcript {
                    session: order.session,
                    fingerprint,
                    messages,
                };
            }
            Err(error) => {
                tracing::warn!(%channel, %error, "failed to write a transcript; the conversation is quoted instead");
            }
        }
    }
    Rebuilt::Quoted {
        conversation: conversation.quoted(),
        messages,
    }
}
