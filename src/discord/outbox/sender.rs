//! Requests to Discord, repeated until they are done or never will be.

use std::{
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
    sync::watch,
    time::{error::Elapsed, timeout},
};

use super::{Fatal, Reception, login};
use crate::{
    channel::{Interaction, Origin},
    discord::reply,
    snowflake::{ChannelId, MessageId},
};

/// How long a send is tried before it is given up, with a line in the log.
const PATIENCE: Duration = Duration::from_mins(15);

/// The first pause before a send is repeated, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long an interaction's token serves, less a margin (Discord developer docs: 15 minutes).
const TOKEN_SERVES: Duration = Duration::from_mins(14);

/// How long one try may take.
const ONE_TRY: Duration = Duration::from_mins(1);

/// What is tried, how long, and whether the bot token authorises it.
struct Request {
    what: &'static str,
    patience: Duration,
    by_token: bool,
}

const MESSAGE: Request = Request {
    what: "message",
    patience: PATIENCE,
    by_token: true,
};

/// Sends, with what every request needs.
#[derive(Clone)]
pub(super) struct Sender {
    http: Arc<Http>,
    fatal: Arc<watch::Sender<Option<Fatal>>>,
}

/// The HTTP status with which a request was refused for good; `None` where there was no answer.
type Refusal = Option<u16>;

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
    pub(super) fn new(http: Arc<Http>, fatal: watch::Sender<Option<Fatal>>) -> Self {
        Self {
            http,
            fatal: Arc::new(fatal),
        }
    }

    /// Says something of any length.
    pub(super) async fn say(&self, channel: ChannelId, to: Option<Origin>, text: &str) {
        let mut pieces = reply::split(text, reply::LIMIT).into_iter();
        let mut answers = match to {
            Some(Origin::Message(message)) => Some(message),
            Some(Origin::Interaction(interaction)) => {
                let Some(first) = pieces.next() else {
                    return;
                };
                if self.answer(channel, &interaction, &first).await.is_err()
                    && self.post(channel, None, &first).await.is_err()
                {
                    return;
                }
                None
            }
            None => None,
        };
        for piece in pieces {
            let answered = answers.take();
            // Where the bot may not read the history it may not reply, but it may still speak.
            let mut sent = self.post(channel, answered, &piece).await;
            if answered.is_some() && matches!(sent, Err(Some(400 | 403))) {
                sent = self.post(channel, None, &piece).await;
            }
            if sent.is_err() {
                // What follows would stand without its beginning.
                return;
            }
        }
    }

    /// Sends one message.
    async fn post(
        &self,
        channel: ChannelId,
        answers: Option<MessageId>,
        piece: &str,
    ) -> Result<(), Refusal> {
        let target = serenity::all::ChannelId::new(channel.0.max(1));
        // At most 25 characters; new for each message, the same for each try.
        let nonce = format!("{:016x}", uuid::Uuid::new_v4().as_u64_pair().0);
        let mut message = CreateMessage::new()
            .content(piece)
            .nonce(Nonce::String(nonce))
            .enforce_nonce(true)
            .allowed_mentions(CreateAllowedMentions::new().replied_user(answers.is_some()))
            // A link that is unfolded is fetched: an answer must not carry data out that way.
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        if let Some(answers) = answers {
            let reference = MessageReference::new(MessageReferenceKind::Default, target)
                .message_id(serenity::all::MessageId::new(answers.0.max(1)))
                .fail_if_not_exists(false);
            message = message.reference_message(reference);
        }
        self.try_again(channel, &MESSAGE, || {
            target.send_message(&self.http, message.clone())
        })
        .await
    }

    /// Gives a slash command its answer, as long as its token serves.
    async fn answer(
        &self,
        channel: ChannelId,
        interaction: &Interaction,
        piece: &str,
    ) -> Result<(), Refusal> {
        let Some(left) = TOKEN_SERVES.checked_sub(interaction.at.elapsed()) else {
            return Err(None);
        };
        let request = Request {
            what: "slash command's answer",
            patience: left,
            by_token: false,
        };
        let edit = EditInteractionResponse::new()
            .content(piece)
            .allowed_mentions(CreateAllowedMentions::new());
        self.try_again(channel, &request, || {
            self.http
                .edit_original_interaction_response(&interaction.token, &edit, Vec::new())
        })
        .await
    }

    /// Acknowledges a slash command.
    pub(super) async fn receive(&self, id: u64, token: &str, reception: Reception) {
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
        let sending = self
            .http
            .create_interaction_response(id, token, &response, Vec::new());
        if let Some(reason) = failed(timeout(ONE_TRY, sending).await) {
            tracing::warn!(reason, "a slash command was not acknowledged");
        }
    }

    /// Shows that the bot is typing, for 10 s or until its next message.
    pub(super) async fn typing(&self, channel: ChannelId) {
        let target = serenity::all::ChannelId::new(channel.0.max(1));
        if let Some(reason) = failed(timeout(ONE_TRY, self.http.broadcast_typing(target)).await) {
            tracing::debug!(%channel, reason, "typing was not shown");
        }
    }

    /// Carries out a request until it is done or never will be.
    async fn try_again<T, F>(
        &self,
        channel: ChannelId,
        kind: &Request,
        request: impl Fn() -> F,
    ) -> Result<(), Refusal>
    where
        F: Future<Output = Result<T, serenity::Error>>,
    {
        let Request {
            what,
            patience,
            by_token,
        } = *kind;
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let (verdict, status, reason) = match timeout(ONE_TRY, request()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => {
                    // Elsewhere a 401 is about an interaction's token, which has expired.
                    if by_token && login::status(&error) == Some(401) {
                        self.fatal.send_replace(Some(Fatal::TokenRejected));
                    }
                    (judge(&error), login::status(&error), describe(&error))
                }
                Err(_) => (Verdict::Again, None, "no answer".to_owned()),
            };
            match verdict {
                Verdict::Done => return Ok(()),
                Verdict::Again if begun.elapsed() + pause < patience => {
                    let pause_ms = pause.as_millis();
                    tracing::warn!(%channel, reason, pause_ms, "{what} not sent; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Verdict::Again | Verdict::Never => {
                    tracing::error!(%channel, reason, "{what} not sent");
                    return Err(status);
                }
            }
        }
    }
}

/// Why a request that is tried only once did not succeed.
fn failed(tried: Result<Result<(), serenity::Error>, Elapsed>) -> Option<String> {
    match tried {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(describe(&error)),
        Err(_) => Some("no answer".to_owned()),
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
