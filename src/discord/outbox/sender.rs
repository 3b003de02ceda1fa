//! What is said, as requests to Discord.

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use serenity::all::{
    CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseMessage,
    EditInteractionResponse, EditMessage, MessageFlags,
};

use super::{Reception, circuit::Circuit, outgoing::Outgoing};
use crate::{
    channel::{Interaction, Origin, words},
    discord::{
        reply,
        rest::{Call, Failed, Rest},
    },
    snowflake::{ChannelId, MessageId},
};

/// How long a send is tried before it is looked for in the channel. Discord takes two sends of one nonce for one if
/// the second comes within "the past few minutes" (its developer docs, "Create Message"): this is surely within them.
const NONCE_SERVES: Duration = Duration::from_mins(2);

/// How many messages are looked through for one that may have been sent.
const LOOKED_THROUGH: u8 = 100;

/// How far Discord's clock is taken to be behind what its answers have told.
const SKEW: TimeDelta = TimeDelta::seconds(10);

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
    /// [`NONCE_SERVES`], or less in a test.
    nonce_serves: Duration,
}

/// It was not sent; the log has been told why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotSent {
    /// Nor will it be: Discord does not want it.
    Refused,
    /// The bot is at its end: its next start may say so.
    AtTheEnd,
}

impl Sender {
    pub(super) fn new(rest: Rest, application: u64) -> Self {
        Self {
            rest,
            application,
            circuit: Arc::default(),
            nonce_serves: NONCE_SERVES,
        }
    }

    /// Says something of any length.
    pub(super) async fn say(
        &self,
        channel: ChannelId,
        to: Option<Origin>,
        text: &str,
    ) -> Result<(), NotSent> {
        let mut pieces = reply::split(text, reply::LIMIT).into_iter();
        let mut answers = match to {
            Some(Origin::Message(message)) => Some(message),
            Some(Origin::Interaction(interaction)) => {
                let Some(first) = pieces.next() else {
                    return Ok(());
                };
                if self.answer(channel, &interaction, &first).await.is_err() {
                    self.post(channel, None, &first).await?;
                }
                None
            }
            None => None,
        };
        for piece in pieces {
            // What follows one that was not sent would stand without its beginning.
            self.post(channel, answers.take(), &piece).await?;
        }
        Ok(())
    }

    /// Says that a message was cut off, with the button that runs it again.
    pub(super) async fn offer(
        &self,
        channel: ChannelId,
        (message, cuts): (MessageId, u32),
        text: &str,
    ) -> Result<(), NotSent> {
        // The same at each start: a bot that goes down before it knows that this was sent does not double it. Another
        // one each time that the message is cut off, or Discord would take the words for those that stand there.
        let nonce = format!("cut-{:x}-{cuts}", message.0);
        let offer = Outgoing {
            channel,
            text: text.to_owned(),
            nonce,
            answers: Some(message),
            button: Some(message),
        };
        self.post_as(offer).await
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
        self.post_as(Outgoing {
            channel,
            text: piece.to_owned(),
            nonce: format!("{:016x}", uuid::Uuid::new_v4().as_u64_pair().0),
            answers,
            button: None,
        })
        .await
    }

    async fn post_as(&self, mut message: Outgoing) -> Result<(), NotSent> {
        let channel = message.channel;
        if !self.lets(channel) {
            tracing::debug!(%channel, "message not sent: the channel has refused the bot");
            return Err(NotSent::Refused);
        }
        if message.answers.is_some() {
            match self.create(&message).await {
                Ok(()) => return Ok(()),
                // Where the bot may not read the history it may not reply, but it may still speak.
                Err(failed) if matches!(failed.status, Some(400 | 403)) => {
                    tracing::debug!(%channel, reason = failed.reason, "answered without a reply");
                    message.answers = None;
                }
                Err(failed) => return Err(self.not_sent(channel, &failed)),
            }
        }
        match self.create(&message).await {
            Ok(()) => Ok(()),
            Err(failed) => Err(self.not_sent(channel, &failed)),
        }
    }

    /// Creates a message, however long that takes: only a refusal for good ends it, or the bot's own end.
    async fn create(&self, message: &Outgoing) -> Result<(), Failed> {
        let channel = message.channel;
        let call = Call::create_message(channel, &message.request())
            .patience(self.nonce_serves)
            .outlasts_limits();
        loop {
            let since = MessageId::at(self.rest.time() - SKEW);
            let failed = match self.rest.send(&call).await {
                Ok(_) => break,
                Err(failed) if failed.may_pass => failed,
                Err(failed) => return Err(failed),
            };
            tracing::error!(%channel, reason = failed.reason, "a message waits: Discord does not take it");
            // Its answer may have been lost, and its nonce serves no longer.
            if self.has(since, message).await? {
                break;
            }
        }
        self.circuit().answered(channel, 200, Instant::now());
        Ok(())
    }

    /// Whether a message stands in the channel already: looked for until that can be told. Where it never can be, as
    /// where the bot may not read, the message is taken not to.
    async fn has(&self, since: MessageId, message: &Outgoing) -> Result<bool, Failed> {
        let channel = message.channel;
        loop {
            let look = self
                .rest
                .messages_after_limits(channel, Some(since), LOOKED_THROUGH);
            match look.await {
                Ok(found) => return Ok(found.iter().any(|found| message.is(found))),
                Err(failed) if failed.at_the_end => return Err(failed),
                // That was tried for its whole patience.
                Err(failed) if failed.may_pass => {}
                Err(failed) => {
                    tracing::warn!(
                        %channel,
                        reason = failed.reason,
                        "a message that may stand there already cannot be looked for; it is sent again"
                    );
                    return Ok(false);
                }
            }
        }
    }

    /// Gives a slash command its answer, as long as its token serves.
    async fn answer(
        &self,
        channel: ChannelId,
        interaction: &Interaction,
        piece: &str,
    ) -> Result<(), NotSent> {
        let Some(left) = TOKEN_SERVES.checked_sub(interaction.at.elapsed()) else {
            return Err(NotSent::Refused);
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
                Err(NotSent::Refused)
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
        if failed.at_the_end {
            NotSent::AtTheEnd
        } else {
            NotSent::Refused
        }
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
