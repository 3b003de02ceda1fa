//! The reconciler: carries out what the channels ask of the chat, and makes Discord match the posts that they want.
//!
//! # Theory of operation
//!
//! A router passes posts to their channel's `worker`, and carries out everything else in tasks of its own. Replies to
//! interactions do not wait for posts, but later posts wait for them. A worker keeps a `board` of its channel's posts:
//! what each should look like, and what is in the channel. It creates, edits and deletes messages until both are the same,
//! one request at a time, and then reports [`ChatEvent::Posted`]. It checks the rate limits before it chooses a step, so
//! that a post that had to wait is sent in its newest version only. Answers grow (`stream`): their edits are spread over
//! the time for which Discord says that they must last, so that the limit is never reached.
//!
//! Each create carries a nonce that Discord enforces, made from the post's key, so that it can be repeated if its answer
//! was lost. After the nonce has expired, a message is created again only if it is not found in the channel. A channel
//! that rejects the bot is left alone for a while (`circuit_breaker`). Posts are cleaned of control sequences and redacted as a
//! whole (`redaction`), then rendered as pages (`page`), which are redacted once more, because rendering drops marks that
//! may split a secret.
//!
//! A worker exists from its channel's first operation until the bot ends. While it has nothing to do, it rests (`crew`).

mod board;
mod circuit_breaker;
mod crew;
mod interactions;
mod page;
mod permissions;
mod reactions;
mod redaction;
mod sender;
mod stream;
mod worker;

use std::{collections::HashMap, sync::Arc};

use serde_json::json;
use serenity::all::Channel;
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle, JoinSet},
};

use self::{
    circuit_breaker::CircuitBreaker,
    crew::Crew,
    interactions::Interactions,
    reactions::{Reaction, Reactions},
    redaction::redact,
    sender::Sender,
    worker::{Work, Worker},
};
use super::{
    convert,
    history::History,
    login::Login,
    render::AnswerLimits,
    rest::{Call, Class, Failed, route},
};
use crate::{
    chat::{ChatEvent, ChatOp, OpError, OpId, OpResult},
    redact::Redactor,
    snowflake::{ChannelId, MessageId},
};

/// The longest title of a thread, in characters (Discord developer docs, "Channel").
const LONGEST_TITLE: usize = 100;

/// Starts the reconciler. It sends nothing that `redactor` knows, leaves what is beyond `limits` to files, and reports
/// results to `events`. It ends when every [`Outbox`](crate::chat::Outbox) is dropped and everything is sent.
pub(crate) fn start(
    login: &Login,
    redactor: Arc<Redactor>,
    limits: AnswerLimits,
    ops: mpsc::UnboundedReceiver<ChatOp>,
    events: mpsc::UnboundedSender<ChatEvent>,
) -> JoinHandle<()> {
    let history = login.history.clone();
    let router = Router {
        interactions: Interactions {
            rest: history.rest.clone(),
            application: login.application,
            redactor: Arc::clone(&redactor),
            replied: Arc::default(),
        },
        history,
        redactor,
        limits,
        events,
        workers: Crew::default(),
        reactions: Crew::default(),
        breakers: HashMap::new(),
        tasks: JoinSet::new(),
    };
    tokio::spawn(router.run(ops))
}

struct Router {
    interactions: Interactions,
    history: History,
    redactor: Arc<Redactor>,
    limits: AnswerLimits,
    events: mpsc::UnboundedSender<ChatEvent>,
    workers: Crew<Worker>,
    reactions: Crew<Reactions>,
    breakers: HashMap<ChannelId, CircuitBreaker>,
    tasks: JoinSet<()>,
}

impl Router {
    async fn run(mut self, mut ops: mpsc::UnboundedReceiver<ChatOp>) {
        loop {
            tokio::select! {
                op = ops.recv() => match op {
                    Some(op) => self.route(op),
                    None => break,
                },
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => log_panic(ended),
                () = self.workers.next_resting() => {}
                () = self.reactions.next_resting() => {}
            }
        }
        self.workers.finish().await;
        self.reactions.finish().await;
        while let Some(ended) = self.tasks.join_next().await {
            log_panic(ended);
        }
    }

    fn route(&mut self, op: ChatOp) {
        match op {
            ChatOp::Put {
                channel,
                key,
                post,
                known,
            } => self.work(channel, Work::Put(key, post, known)),
            ChatOp::Remove {
                channel,
                key,
                known,
            } => self.work(channel, Work::Remove(key, known)),
            ChatOp::Unblock { channel } => self.work(channel, Work::Unblock),
            ChatOp::TryPosting { channel } => self.work(channel, Work::TryPosting),
            ChatOp::Append { channel, key, text } => self.work(channel, Work::Append(key, text)),
            ChatOp::Typing { channel, on } => self.work(channel, Work::Typing(on)),
            ChatOp::Reply {
                channel,
                interaction,
                reply,
            } => {
                let (sent, sending) = self.interactions.reply(interaction, reply);
                self.tasks.spawn(sending);
                self.work(channel, Work::After(sent));
            }
            ChatOp::React {
                id,
                channel,
                message,
                emoji,
                on,
            } => {
                let reaction = Reaction {
                    message,
                    emoji,
                    on,
                    id,
                };
                self.react(channel, reaction);
            }
            ChatOp::RenameThread { thread, title } => {
                let title = redact(&self.redactor, &title, LONGEST_TITLE);
                let call = Call::new(route::EDIT_CHANNEL, &[&thread]);
                let call = call.json(&json!({ "name": title })).class(Class::Card);
                self.send_apart(thread, call);
            }
            ChatOp::AddToThread { thread, user } => {
                let call = Call::new(route::ADD_THREAD_MEMBER, &[&thread, &user]);
                self.send_apart(thread, call.class(Class::Card));
            }
            ChatOp::CreateThread {
                id,
                channel,
                message,
                title,
                takes_existing,
            } => {
                let title = redact(&self.redactor, &title, LONGEST_TITLE);
                let created = create_thread(
                    self.history.clone(),
                    (channel, message),
                    title,
                    takes_existing,
                );
                self.answer(channel, id, created);
            }
            ChatOp::OpenDirectMessage { id, channel, user } => {
                let rest = self.history.rest.clone();
                self.answer(channel, id, async move {
                    rest.direct_message(user).await.map(OpResult::DirectMessage)
                });
            }
            ChatOp::FetchMessage {
                id,
                channel,
                holder,
                message,
            } => {
                let history = self.history.clone();
                self.answer(channel, id, async move {
                    let fetched = history.message(holder, message).await;
                    fetched.map(|message| OpResult::Message(Box::new(message)))
                });
            }
            ChatOp::FetchHistory {
                id,
                channel,
                holder,
                before,
                limit,
            } => {
                let history = self.history.clone();
                self.answer(channel, id, async move {
                    let fetched = history.before(holder, before, limit).await;
                    fetched.map(OpResult::History)
                });
            }
        }
    }

    fn react(&mut self, channel: ChannelId, reaction: Reaction) {
        let (rest, events) = (&self.history.rest, &self.events);
        let breaker = self.breakers.entry(channel).or_default();
        self.reactions.give(channel, reaction, || {
            Reactions::new(rest.clone(), channel, breaker.clone(), events.clone())
        });
    }

    /// Carries an operation out whose result nobody waits for.
    fn send_apart(&mut self, channel: ChannelId, call: Call) {
        let rest = self.history.rest.clone();
        self.tasks.spawn(async move {
            if let Err(failed) = rest.send(&call).await {
                tracing::warn!(%channel, reason = failed.reason, "an operation failed");
            }
        });
    }

    /// Carries an operation out and reports its result.
    fn answer(
        &mut self,
        channel: ChannelId,
        id: OpId,
        operation: impl Future<Output = Result<OpResult, Failed>> + Send + 'static,
    ) {
        let events = self.events.clone();
        self.tasks.spawn(async move {
            let result = operation.await.map_err(|failed| {
                tracing::warn!(%channel, reason = failed.reason, "an operation failed");
                match failed.status {
                    Some(404) => OpError::NotFound,
                    Some(403) => OpError::Forbidden,
                    Some(400) => OpError::Invalid,
                    _ => OpError::Failed,
                }
            });
            let event = ChatEvent::OpDone {
                channel,
                id,
                result,
            };
            if events.send(event).is_err() {
                tracing::debug!(%channel, "the bot is shutting down; nobody waits for a result");
            }
        });
    }

    fn work(&mut self, channel: ChannelId, work: Work) {
        let breaker = self.breakers.entry(channel).or_default();
        self.workers.give(channel, work, || {
            Worker::new(
                Sender::new(&self.history, channel),
                &self.redactor,
                self.limits,
                breaker.clone(),
                self.events.clone(),
            )
        });
    }
}

/// Creates a thread, or takes the one that the message has.
async fn create_thread(
    history: History,
    (channel, message): (ChannelId, Option<MessageId>),
    title: String,
    takes_existing: bool,
) -> Result<OpResult, Failed> {
    let History {
        rest, directory, ..
    } = history;
    let created = rest.create_thread(channel, message, &title).await;
    let existing = message.filter(|_| takes_existing);
    let thread = match (created, existing) {
        // It has the id of its message.
        (Err(failed), Some(message)) if failed.status != Some(403) => {
            match rest.channel(ChannelId(message.0)).await {
                Ok(Channel::Guild(thread)) => thread,
                _ => return Err(failed),
            }
        }
        (created, _) => created?,
    };
    convert::learn(&directory, &thread);
    let place = convert::place(&directory, thread.id, Some(thread.guild_id));
    Ok(OpResult::ThreadCreated(place))
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task of the reconciler failed");
    }
}
