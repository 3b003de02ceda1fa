//! The reconciler: carries out what the channels ask of the chat, and brings Discord to the posts that they want.
//!
//! # Theory of operation
//!
//! A router hands each operation to its channel's `worker`, or carries it out in a task of its own if its order does not
//! matter. A worker keeps a `board` of its channel's posts: what shall stand there, and what does. Step by step it
//! creates, edits and deletes messages until both are the same, one request at a time, and then reports
//! [`ChatEvent::Posted`]. It looks at the rate limits before it chooses a step, so that only the newest version of a
//! post is sent when they made it wait.
//!
//! Each create carries a nonce that Discord enforces, made from the post's key, so that one whose answer was lost can be
//! repeated. Once the nonce has expired, a message is created again only after a look into the channel that does not
//! find it. A channel that rejects the bot is left alone for a while (`circuit_breaker`). Posts are redacted whole
//! (`redaction`), then cut into pages (`page`).
//!
//! A worker exists from its channel's first operation to the bot's end.

mod board;
mod circuit_breaker;
mod interactions;
mod operations;
mod page;
mod redaction;
mod sender;
mod worker;

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use self::{
    interactions::Interactions,
    operations::Operations,
    sender::Sender,
    worker::{Work, Worker},
};
use super::{Fatal, history::History, login::Login, rest::Rest};
use crate::{
    chat::{ChatEvent, ChatOp},
    redact::Redactor,
    snowflake::ChannelId,
};

/// A running reconciler.
pub struct Running {
    task: tokio::task::JoinHandle<()>,
    fatal: watch::Receiver<Option<Fatal>>,
}

impl Running {
    /// Resolves when Discord has refused the token, or would soon ban the bot.
    pub async fn fatal(&mut self) -> Fatal {
        match self
            .fatal
            .wait_for(Option::is_some)
            .await
            .map(|fatal| fatal.clone())
        {
            Ok(Some(fatal)) => fatal,
            _ => pending().await,
        }
    }

    /// Waits until all is done, at most `timeout`, once every [`Outbox`](crate::chat::Outbox) is dropped.
    pub async fn drained(self, timeout: Duration) {
        if tokio::time::timeout(timeout, self.task).await.is_err() {
            tracing::error!("not everything could be sent before the end");
        }
    }
}

/// Starts the reconciler. Nothing that `redactor` knows gets past it. What becomes of operations goes to `events`.
#[must_use]
pub fn start(
    login: &Login,
    redactor: Arc<Redactor>,
    ops: mpsc::UnboundedReceiver<ChatOp>,
    events: mpsc::UnboundedSender<ChatEvent>,
) -> Running {
    let rest = login.rest.clone();
    let fatal = rest.fatal();
    let router = Router {
        interactions: Interactions::new(rest.clone(), login.application, Arc::clone(&redactor)),
        operations: Operations::new(
            rest.clone(),
            History::new(
                rest.clone(),
                login.directory.clone(),
                Arc::clone(&login.bot),
            ),
            events.clone(),
        ),
        rest,
        redactor,
        events,
        workers: HashMap::new(),
        tasks: JoinSet::new(),
    };
    let task = tokio::spawn(router.run(ops));
    Running { task, fatal }
}

struct Router {
    rest: Rest,
    interactions: Interactions,
    operations: Operations,
    redactor: Arc<Redactor>,
    events: mpsc::UnboundedSender<ChatEvent>,
    workers: HashMap<ChannelId, mpsc::UnboundedSender<Work>>,
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
            }
        }
        self.workers.clear();
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
            } => self.work(channel, Work::Put { key, post, known }),
            ChatOp::Remove {
                channel,
                key,
                known,
            } => self.work(channel, Work::Remove { key, known }),
            ChatOp::Typing { channel, on } => self.work(channel, Work::Typing(on)),
            ChatOp::Reply { interaction, reply } => {
                self.tasks
                    .spawn(self.interactions.reply(interaction, reply));
            }
            op => {
                self.tasks.spawn(self.operations.clone().carry_out(op));
            }
        }
    }

    fn work(&mut self, channel: ChannelId, work: Work) {
        let worker = self.workers.entry(channel).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            let worker = Worker::new(
                Sender::new(self.rest.clone(), channel),
                &self.redactor,
                self.events.clone(),
            );
            self.tasks.spawn(worker.serve(receiver));
            sender
        });
        if worker.send(work).is_err() {
            self.workers.remove(&channel);
            tracing::error!(%channel, "a channel's worker has failed; something is not sent");
        }
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task of the reconciler failed");
    }
}
