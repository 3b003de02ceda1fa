//! What is said, as requests to Discord.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serenity::all::{
    CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseMessage,
    CreateMessage, EditInteractionResponse, EditMessage, MessageFlags, MessageReference,
    MessageReferenceKind, Nonce,
};

use super::{Reception, circuit::Circuit};
use crate::{
    channel::{Interaction, Origin, words},
    discord::{
        again, reply,
        rest::{Call, Failed, Rest},
    },
    snowflake::{ChannelId, MessageId},
};

/// How long a send is tried before it is given up, with a line in the log.
const PATIENCE: Duration = Duration::from_mins(15);

/// How long an interaction's token serves, less a margin (Discord developer docs: 15 minutes).
const TOKEN_SERVES: Duration = Duration::from_mins(14);

/// How long an interaction waits for its acknowledgement (Discord developer docs).
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(3);

/// How long it is tried to take a button off.
const UNBUTTON_PATIENCE: Duration = Duration::from_secs(30);

/// How long typing may wait for a limit to pass: it is shown again anyway, and must not hold up a message.
const TYPING_WAITS: Duration = Duration::ZERO;

/// Sends, with what every request needs.
#[derive(Clone)]
pub(super) struct Sender {
    rest: Rest,
    application: u64,
    circuit: Arc<Mutex<Circuit>>,
}

/// It was not sent; the log has been told why.
struct NotSent;

impl Sender {
    pub(super) fn new(rest: Rest, application: u64) -> Self {
        Self {
            rest,
            application,
            circuit: Arc::default(),
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
            if self.post(channel, answers.take(), &piece).await.is_err() {
                // What follows would stand without its beginning.
                return;
            }
        }
    }

    /// Says that a message was cut off, with the button that runs it again.
    pub(super) async fn offer(
        &self,
        channel: ChannelId,
        (message, cuts): (MessageId, u32),
        text: &str,
    ) {
        // The same at each start: a bot that goes down before it knows that this was sent does not double it. Another
        // one each time that the message is cut off, or Discord would take the words for those that stand there.
        let nonce = format!("cut-{:x}-{cuts}", message.0);
        let offer = new_message(text, nonce).button(again::button(message));
        // The log has been told.
        drop(self.post_as(channel, Some(message), offer).await);
    }

    /// Takes the button off a message of the bot's.
    pub(super) async fn unbutton(&self, channel: ChannelId, notice: MessageId) {
        let edit = EditMessage::new()
            .components(Vec::new())
            .allowed_mentions(CreateAllowedMentions::new());
        let call = Call::edit_message(channel, notice, &edit).patience(UNBUTTON_PATIENCE);
        if let Err(failed) = self.rest.send(&call).await {
            // A press of it is told that it has served.
            tracing::warn!(%channel, reason = failed.reason, "a button was not taken off");
        }
    }

    /// Sends one message, as an answer if it may be one.
    async fn post(
        &self,
        channel: ChannelId,
        answers: Option<MessageId>,
        piece: &str,
    ) -> Result<(), NotSent> {
        // Drawn once for a message, and the same for each try.
        let nonce = format!("{:016x}", uuid::Uuid::new_v4().as_u64_pair().0);
        self.post_as(channel, answers, new_message(piece, nonce))
            .await
    }

    async fn post_as(
        &self,
        channel: ChannelId,
        answers: Option<MessageId>,
        message: CreateMessage,
    ) -> Result<(), NotSent> {
        if !self.lets(channel) {
            tracing::debug!(%channel, "message not sent: the channel has refused the bot");
            return Err(NotSent);
        }
        let message =
            message.allowed_mentions(CreateAllowedMentions::new().replied_user(answers.is_some()));
        if let Some(answers) = answers {
            let target = serenity::all::ChannelId::new(channel.0.max(1));
            let reference = MessageReference::new(MessageReferenceKind::Default, target)
                .message_id(serenity::all::MessageId::new(answers.0.max(1)))
                .fail_if_not_exists(false);
            let answer = message.clone().reference_message(reference);
            match self.create(channel, &answer).await {
                Ok(()) => return Ok(()),
                // Where the bot may not read the history it may not reply, but it may still speak.
                Err(failed) if matches!(failed.status, Some(400 | 403)) => {
                    tracing::debug!(%channel, reason = failed.reason, "answered without a reply");
                }
                Err(failed) => return Err(self.not_sent(channel, &failed)),
            }
        }
        match self.create(channel, &message).await {
            Ok(()) => Ok(()),
            Err(failed) => Err(self.not_sent(channel, &failed)),
        }
    }

    async fn create(&self, channel: ChannelId, message: &CreateMessage) -> Result<(), Failed> {
        let call = Call::create_message(channel, message).patience(PATIENCE);
        self.rest.send(&call).await?;
        self.circuit().answered(channel, 200, Instant::now());
        Ok(())
    }

    /// Gives a slash command its answer, as long as its token serves.
    async fn answer(
        &self,
        channel: ChannelId,
        interaction: &Interaction,
        piece: &str,
    ) -> Result<(), NotSent> {
        let Some(left) = TOKEN_SERVES.checked_sub(interaction.at.elapsed()) else {
            return Err(NotSent);
        };
        let edit = EditInteractionResponse::new()
            .content(piece)
            .flags(MessageFlags::SUPPRESS_EMBEDS)
            .allowed_mentions(CreateAllowedMentions::new());
        let token = &interaction.token;
        let call = Call::edit_response(self.application, channel, token, &edit).patience(left);
        match self.rest.send(&call).await {
            Ok(_) => Ok(()),
            Err(failed) => {
                tracing::error!(%channel, reason = failed.reason, "slash command's answer not sent");
                Err(NotSent)
            }
        }
    }

    /// Acknowledges a slash command.
    pub(super) async fn receive(&self, id: u64, token: &str, reception: Reception) {
        let message =
            CreateInteractionResponseMessage::new().allowed_mentions(CreateAllowedMentions::new());
        let response = match reception {
            Reception::Thinking => CreateInteractionResponse::Defer(message),
            Reception::Refused => CreateInteractionResponse::Message(
                message
                    .content("You are not on this bot's list, so it does not answer you here.")
                    .ephemeral(true),
            ),
            Reception::Pressed => CreateInteractionResponse::Acknowledge,
            Reception::Served => CreateInteractionResponse::Message(
                message.content(words::already_again()).ephemeral(true),
            ),
            Reception::NotYours => CreateInteractionResponse::Message(
                message
                    .content("Only who wrote that message, or an admin of this bot, may have it run again.")
                    .ephemeral(true),
            ),
        };
        // One try: a second acknowledgement of the same interaction is refused.
        let call = Call::respond(id, token, &response).once(ACKNOWLEDGED_WITHIN);
        if let Err(failed) = self.rest.send(&call).await {
            tracing::warn!(
                reason = failed.reason,
                "a slash command was not acknowledged"
            );
        }
    }

    /// Shows that the bot is typing, for 10 s or until its next message.
    pub(super) async fn typing(&self, channel: ChannelId) {
        if !self.lets(channel) {
            return;
        }
        let call = Call::typing(channel).once(TYPING_WAITS);
        if let Err(failed) = self.rest.send(&call).await {
            tracing::debug!(%channel, reason = failed.reason, "typing was not shown");
            if let Some(status) = failed.status {
                self.shut_if_refused(channel, status, &failed.reason);
            }
        }
    }

    fn lets(&self, channel: ChannelId) -> bool {
        self.circuit().lets(channel, Instant::now())
    }

    fn not_sent(&self, channel: ChannelId, failed: &Failed) -> NotSent {
        let is_shut = failed
            .status
            .is_some_and(|status| self.shut_if_refused(channel, status, &failed.reason));
        if !is_shut {
            tracing::error!(%channel, reason = failed.reason, "message not sent");
        }
        NotSent
    }

    /// Leaves a channel alone that refuses the bot. Gives whether it is.
    fn shut_if_refused(&self, channel: ChannelId, status: u16, reason: &str) -> bool {
        if !matches!(status, 403 | 404) {
            return false;
        }
        if self.circuit().answered(channel, status, Instant::now()) {
            tracing::error!(
                %channel,
                reason,
                "the bot may not write here: nothing is sent to this channel for 10 minutes. If it should be, look at \
                 its permissions"
            );
        }
        true
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        // Whoever panicked with it has left a map that is whole.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message that pings nobody and unfolds no link. `nonce` has at most 25 characters: Discord takes two messages of
/// one nonce within a few minutes for one.
fn new_message(text: &str, nonce: String) -> CreateMessage {
    CreateMessage::new()
        .content(text)
        .nonce(Nonce::String(nonce))
        .enforce_nonce(true)
        // A link that is unfolded is fetched: an answer must not carry data out that way.
        .flags(MessageFlags::SUPPRESS_EMBEDS)
}
