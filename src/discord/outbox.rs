//! The outbox: what goes out to Discord, each channel's in its order, none lost and none doubled.
//!
//! # Theory of operation
//!
//! A router hands each utterance to its channel's worker. A worker sends one message at a time, each with a nonce
//! that Discord enforces, so that a send whose answer was lost can be repeated; 429, 5xx and broken connections
//! are tried again with growing pauses. Typing is the worker's too: so it is never shown after the last message.
//! Slash commands are acknowledged at once, beside the queue, because Discord waits only three seconds for it;
//! their answers wait for that.

use std::{
    collections::HashMap,
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use serenity::{
    all::{
        CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseMessage,
        CreateMessage, EditInteractionResponse, InteractionId, MessageFlags, MessageReference,
        MessageReferenceKind, Nonce,
    },
    http::Http,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{Fatal, login, reply};
use crate::{
    channel::{Interaction, Origin, Utterance},
    snowflake::{ChannelId, MessageId},
};

/// How long a send is tried before it is given up, with a line in the log.
const PATIENCE: Duration = Duration::from_mins(15);

/// The first pause before a send is repeated, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Typing is shown for 10 s after each request (Discord developer docs, "Trigger typing indicator").
const TYPING: Duration = Duration::from_secs(8);

/// A message of the bot's ends the typing that is shown; a turn that goes on shows it again after this.
const TYPING_AFTER_MESSAGE: Duration = Duration::from_millis(1500);

/// How long an interaction's token serves, less a margin (Discord developer docs: 15 minutes).
const TOKEN_SERVES: Duration = Duration::from_mins(14);

/// How a slash command is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// Its answer follows; "is thinking" is shown until then.
    Thinking,
    /// It is not let in; only the person sees that.
    Refused,
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
    /// Resolves when Discord has refused the token.
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

/// Starts the outbox.
#[must_use]
pub fn start(login: &login::Login) -> (Outbox, Running) {
    let (jobs, receiver) = mpsc::unbounded_channel();
    let (fatal, watching) = watch::channel(None);
    let sender = Sender {
        http: Arc::clone(&login.http),
        fatal: Arc::new(fatal),
    };
    let task = tokio::spawn(route(sender, receiver));
    (
        Outbox { jobs },
        Running {
            task,
            fatal: watching,
        },
    )
}

async fn route(sender: Sender, mut jobs: mpsc::UnboundedReceiver<Job>) {
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
                let channel = match &utterance {
                    Utterance::Say { channel, .. } | Utterance::Typing { channel, .. } => *channel,
                };
                let acknowledged = match &utterance {
                    Utterance::Say {
                        to: Some(Origin::Interaction(to)),
                        ..
                    } => received.remove(&to.token),
                    _ => None,
                };
                let worker = workers.entry(channel).or_insert_with(|| {
                    let (worker, work) = mpsc::unbounded_channel();
                    tasks.spawn(serve(sender.clone(), channel, work));
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

struct Work {
    utterance: Utterance,
    /// Where it answers a slash command: whether that has been acknowledged.
    acknowledged: Option<watch::Receiver<bool>>,
}

/// One channel's worker.
async fn serve(sender: Sender, channel: ChannelId, mut work: mpsc::UnboundedReceiver<Work>) {
    // When typing is due to be shown again; `None` while nobody works.
    let mut typing: Option<Instant> = None;
    loop {
        let next = tokio::select! {
            biased;
            next = work.recv() => next,
            () = until(typing) => {
                sender.typing(channel).await;
                typing = Some(Instant::now() + TYPING);
                continue;
            }
        };
        match next {
            None => return,
            Some(Work {
                utterance: Utterance::Typing { on, .. },
                ..
            }) => {
                typing = on.then(Instant::now);
            }
            Some(Work {
                utterance: Utterance::Say { to, text, .. },
                acknowledged,
            }) => {
                if let Some(mut acknowledged) = acknowledged
                    && acknowledged.wait_for(|done| *done).await.is_err()
                {
                    tracing::debug!(%channel, "a slash command's acknowledgement failed");
                }
                sender.say(channel, to, &text).await;
                typing = typing.map(|_| Instant::now() + TYPING_AFTER_MESSAGE);
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}

#[derive(Clone)]
struct Sender {
    http: Arc<Http>,
    fatal: Arc<watch::Sender<Option<Fatal>>>,
}

/// What to do after a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is done.
    Done,
    /// It may work later.
    Again,
    /// It never will.
    Never,
}

impl Sender {
    async fn say(&self, channel: ChannelId, to: Option<Origin>, text: &str) {
        let mut pieces = reply::split(text, reply::LIMIT).into_iter();
        let mut answers = match to {
            Some(Origin::Message(message)) => Some(message),
            Some(Origin::Interaction(interaction)) => {
                let Some(first) = pieces.next() else { return };
                if !self.answer(&interaction, &first).await
                    && !self.post(channel, None, &first).await
                {
                    return;
                }
                None
            }
            None => None,
        };
        for piece in pieces {
            if !self.post(channel, answers.take(), &piece).await {
                // What follows would stand without its beginning.
                return;
            }
        }
    }

    /// Sends one message. Whether it arrived.
    async fn post(&self, channel: ChannelId, answers: Option<MessageId>, piece: &str) -> bool {
        let target = serenity::all::ChannelId::new(channel.0.max(1));
        // At most 25 characters; new for each message, the same for each try.
        let nonce = format!("{:016x}", uuid::Uuid::new_v4().as_u64_pair().0);
        let mut message = CreateMessage::new()
            .content(piece)
            .nonce(Nonce::String(nonce))
            .enforce_nonce(true)
            .allowed_mentions(CreateAllowedMentions::new().replied_user(answers.is_some()))
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        if let Some(answers) = answers {
            let reference = MessageReference::new(MessageReferenceKind::Default, target)
                .message_id(serenity::all::MessageId::new(answers.0.max(1)))
                .fail_if_not_exists(false);
            message = message.reference_message(reference);
        }
        self.try_again(channel, "message", || {
            target.send_message(&self.http, message.clone())
        })
        .await
    }

    /// Gives a slash command its answer. `false` where its token no longer serves.
    async fn answer(&self, interaction: &Interaction, piece: &str) -> bool {
        if interaction.at.elapsed() > TOKEN_SERVES {
            return false;
        }
        let edit = EditInteractionResponse::new()
            .content(piece)
            .allowed_mentions(CreateAllowedMentions::new());
        self.try_again(ChannelId(0), "slash command's answer", || {
            self.http
                .edit_original_interaction_response(&interaction.token, &edit, Vec::new())
        })
        .await
    }

    async fn receive(&self, id: u64, token: &str, reception: Reception) {
        let response = match reception {
            Reception::Thinking => {
                CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new())
            }
            Reception::Refused => CreateInteractionResponse::Message(
                CreateInteractionResponseMessage::new()
                    .content("You are not on this bot's list, so it does not answer you here.")
                    .ephemeral(true),
            ),
        };
        let id = InteractionId::new(id.max(1));
        // One try: a second acknowledgement of the same interaction is refused.
        if let Err(error) = self
            .http
            .create_interaction_response(id, token, &response, Vec::new())
            .await
        {
            tracing::warn!(
                error = describe(&error),
                "a slash command was not acknowledged"
            );
        }
    }

    async fn typing(&self, channel: ChannelId) {
        let target = serenity::all::ChannelId::new(channel.0.max(1));
        if let Err(error) = self.http.broadcast_typing(target).await {
            tracing::debug!(%channel, error = describe(&error), "typing was not shown");
        }
    }

    /// Carries out a request until it is done or never will be. Whether it is done.
    async fn try_again<T, F>(&self, channel: ChannelId, what: &str, request: impl Fn() -> F) -> bool
    where
        F: Future<Output = Result<T, serenity::Error>>,
    {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = request().await else {
                return true;
            };
            let verdict = if begun.elapsed() > PATIENCE {
                Verdict::Never
            } else {
                judge(&error)
            };
            match verdict {
                Verdict::Done => return true,
                Verdict::Again => {
                    tracing::warn!(%channel, error = describe(&error), pause_ms = pause.as_millis(),
                        "{what} not sent; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Verdict::Never => {
                    tracing::error!(%channel, error = describe(&error), "{what} not sent");
                    if login::status(&error) == Some(401) {
                        self.fatal.send_replace(Some(Fatal::TokenRejected));
                    }
                    return false;
                }
            }
        }
    }
}

fn judge(error: &serenity::Error) -> Verdict {
    match (login::status(error), error) {
        // Without an answer it may have arrived; its nonce keeps it from being doubled.
        (Some(429 | 500..=599), _) | (None, serenity::Error::Http(_) | serenity::Error::Io(_)) => {
            Verdict::Again
        }
        // An answer that could not be read: it has arrived.
        (None, serenity::Error::Json(_)) => Verdict::Done,
        (_, _) => Verdict::Never,
    }
}

/// The error in words that hold no address: an interaction's address is a credential.
fn describe(error: &serenity::Error) -> String {
    use serenity::http::HttpError;
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => {
            format!(
                "status {}: {}",
                response.status_code.as_u16(),
                response.error.message
            )
        }
        serenity::Error::Http(HttpError::Request(error)) => {
            let kind = if error.is_timeout() {
                "timed out"
            } else {
                "no connection"
            };
            kind.to_owned()
        }
        serenity::Error::Model(error) => error.to_string(),
        _ => "unexpected failure".to_owned(),
    }
}
