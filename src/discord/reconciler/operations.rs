//! Operations other than posts: reactions, threads, direct messages, and fetching messages.

use serenity::all::{AutoArchiveDuration, CreateThread, EditThread};
use tokio::sync::mpsc;

use crate::{
    chat::{ChatEvent, ChatOp, OpError, OpId, OpResult},
    discord::{
        convert,
        history::History,
        rest::{Call, Failed, Rest},
    },
    snowflake::{ChannelId, MessageId},
};

/// The longest title of a thread, in characters (Discord developer docs, "Channel").
const LONGEST_TITLE: usize = 100;

/// Carries operations out. Clones share the client.
#[derive(Clone)]
pub(super) struct Operations {
    rest: Rest,
    history: History,
    events: mpsc::UnboundedSender<ChatEvent>,
}

impl Operations {
    pub(super) fn new(
        rest: Rest,
        history: History,
        events: mpsc::UnboundedSender<ChatEvent>,
    ) -> Self {
        Self {
            rest,
            history,
            events,
        }
    }

    /// Carries an operation out and reports its result, if it has one.
    pub(super) async fn carry_out(self, op: ChatOp) {
        match op {
            ChatOp::React {
                channel,
                message,
                emoji,
                on,
            } => {
                let call = Call::reaction(channel, message, &emoji, on);
                log_failure(channel, self.rest.send(&call).await);
            }
            ChatOp::RenameThread { thread, title } => {
                let edit = EditThread::new().name(shorten(&title));
                let call = Call::edit_thread(thread, &edit);
                log_failure(thread, self.rest.send(&call).await);
            }
            ChatOp::CreateThread {
                id,
                channel,
                message,
                title,
            } => {
                let result = self.create_thread(channel, message, &title).await;
                self.report(channel, id, result);
            }
            ChatOp::OpenDirectMessage { id, channel, user } => {
                let opened = self.rest.open_direct_message(user).await;
                self.report(channel, id, opened.map(OpResult::DirectMessage));
            }
            ChatOp::FetchMessage {
                id,
                channel,
                message,
            } => {
                let fetched = self.history.message(channel, message).await;
                let fetched = fetched.map(|message| OpResult::Message(Box::new(message)));
                self.report(channel, id, fetched);
            }
            ChatOp::FetchHistory {
                id,
                channel,
                before,
                limit,
            } => {
                let fetched = self.history.before(channel, before, limit).await;
                self.report(channel, id, fetched.map(OpResult::History));
            }
            ChatOp::Put { .. }
            | ChatOp::Remove { .. }
            | ChatOp::Typing { .. }
            | ChatOp::Reply { .. } => {
                tracing::error!("an operation went the wrong way");
            }
        }
    }

    async fn create_thread(
        &self,
        channel: ChannelId,
        message: Option<MessageId>,
        title: &str,
    ) -> Result<OpResult, Failed> {
        let thread =
            CreateThread::new(shorten(title)).auto_archive_duration(AutoArchiveDuration::OneDay);
        let created = self.rest.create_thread(channel, message, thread).await?;
        convert::learn(&self.history.directory, &created);
        let place = convert::place(
            &self.history.directory,
            ChannelId(created.id.get()),
            Some(created.guild_id),
        );
        Ok(OpResult::ThreadCreated(place))
    }

    fn report(&self, channel: ChannelId, id: OpId, result: Result<OpResult, Failed>) {
        let result = result.map_err(|failed| {
            tracing::warn!(%channel, reason = failed.reason, "an operation failed");
            match failed.status {
                Some(404) => OpError::NotFound,
                Some(403) => OpError::Forbidden,
                _ => OpError::Failed,
            }
        });
        let event = ChatEvent::OpDone {
            channel,
            id,
            result,
        };
        if self.events.send(event).is_err() {
            tracing::debug!(%channel, "the bot is shutting down; nobody waits for a result");
        }
    }
}

fn log_failure(channel: ChannelId, result: Result<Vec<u8>, Failed>) {
    if let Err(failed) = result {
        tracing::warn!(%channel, reason = failed.reason, "an operation failed");
    }
}

fn shorten(title: &str) -> String {
    title.chars().take(LONGEST_TITLE).collect()
}
