//! The outbox: what goes out to Discord, each channel's in its order, none lost and none doubled.
//!
//! # Theory of operation
//!
//! A router hands each utterance to its channel's worker. A worker sends one message at a time, each with a nonce
//! that Discord enforces, so that a send whose answer was lost can be repeated by `rest`. Once the nonce serves no
//! longer, it is repeated only after a look into the channel that does not find it. A channel that refuses the bot is
//! left alone for a while. Typing is the worker's too: so it is never shown after the last message.
//! Slash commands are acknowledged at once, beside the queue, because Discord waits only three seconds for it;
//! their answers wait for that.

mod circuit;
mod outgoing;
mod sender;
mod veil;
mod worker;

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use self::{
    sender::Sender,
    veil::Veil,
    worker::{Work, serve},
};
use super::{Fatal, login};
use crate::{
    channel::{Mark, Origin, Utterance},
    redact::Redactor,
    snowflake::ChannelId,
};

/// How a slash command is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// Its answer follows; "is thinking" is shown until then.
    Thinking,
    /// It is not let in; only the person sees that.
    Refused,
    /// A button: what it asked for follows.
    Pressed,
    /// A button that has served; only the person sees that.
    Served,
    /// A button, by somebody whose it is not; only the person sees that.
    NotYours,
}

enum Job {
    Utter(Utterance),
    Receive {
        id: u64,
        token: String,
        reception: Reception,
    },
}

/// The handle. Clones share the outbox; it ends when the last is gone and all is sent.
#[derive(Clone)]
pub struct Outbox {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Outbox {
    /// Says something, in order after all that was said there before.
    pub fn utter(&self, utterance: Utterance) {
        self.push(Job::Utter(utterance));
    }

    /// Acknowledges a slash command, at once.
    pub fn receive(&self, id: u64, token: String, reception: Reception) {
        self.push(Job::Receive {
            id,
            token,
            reception,
        });
    }

    fn push(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            tracing::error!("the outbox is closed; something is not sent");
        }
    }
}

/// A running outbox.
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

    /// Waits until all is sent, at most `patience`, once every [`Outbox`] is dropped.
    pub async fn drained(self, patience: Duration) {
        if tokio::time::timeout(patience, self.task).await.is_err() {
            tracing::error!("not everything could be sent before the end");
        }
    }
}

/// Starts the outbox. Nothing that `redactor` knows gets past it. What the last value gives is each mark that has been
/// reached.
#[must_use]
pub fn start(
    login: &login::Login,
    redactor: Arc<Redactor>,
) -> (Outbox, Running, mpsc::UnboundedReceiver<(ChannelId, Mark)>) {
    let (jobs, receiver) = mpsc::unbounded_channel();
    let (reached, reports) = mpsc::unbounded_channel();
    let fatal = login.rest.fatal();
    let sender = Sender::new(login.rest.clone(), login.application);
    let task = tokio::spawn(route(sender, redactor, receiver, reached));
    (Outbox { jobs }, Running { task, fatal }, reports)
}

async fn route(
    sender: Sender,
    redactor: Arc<Redactor>,
    mut jobs: mpsc::UnboundedReceiver<Job>,
    reached: mpsc::UnboundedSender<(ChannelId, Mark)>,
) {
    let mut workers: HashMap<ChannelId, mpsc::UnboundedSender<Work>> = HashMap::new();
    let mut received: HashMap<String, watch::Receiver<bool>> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a task of the outbox failed");
                }
                continue;
            }
        };
        match job {
            None => break,
            Some(Job::Receive {
                id,
                token,
                reception,
            }) => {
                let (done, waiting) = watch::channel(false);
                if reception == Reception::Thinking {
                    received.retain(|_, waiting| !*waiting.borrow());
                    received.insert(token.clone(), waiting);
                }
                let sender = sender.clone();
                tasks.spawn(async move {
                    sender.receive(id, &token, reception).await;
                    done.send_replace(true);
                });
            }
            Some(Job::Utter(utterance)) => {
                let channel = utterance.channel();
                let acknowledged = match &utterance {
                    Utterance::Say {
                        to: Some(Origin::Interaction(to)),
                        ..
                    } => received.remove(&to.token),
                    _ => None,
                };
                let worker = workers.entry(channel).or_insert_with(|| {
                    let (worker, work) = mpsc::unbounded_channel();
                    let veil = Veil::new(&redactor, channel);
                    tasks.spawn(serve(sender.clone(), channel, veil, work, reached.clone()));
                    worker
                });
                if worker
                    .send(Work {
                        utterance,
                        acknowledged,
                    })
                    .is_err()
                {
                    workers.remove(&channel);
                    tracing::error!(%channel, "a channel's outbox has failed; something is not sent");
                }
            }
        }
    }
    drop(workers);
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task of the outbox failed");
        }
    }
}
