//! Replies to slash commands and presses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serenity::all::{
    CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateInteractionResponseMessage, InteractionResponseFlags, MessageFlags,
};
use tokio::sync::watch;

use crate::{
    chat::{Interaction, InteractionReply},
    discord::rest::{Call, Rest},
    redact::Redactor,
};

/// How long an interaction waits for its first reply (Discord developer docs, "Interactions").
pub(super) const FIRST_REPLY_WITHIN: Duration = Duration::from_secs(3);

/// How long an interaction's token is valid, less a margin (Discord developer docs: 15 minutes).
const TOKEN_LIFETIME: Duration = Duration::from_mins(14);

/// The longest private reply, in characters: one message.
const LONGEST: usize = 2_000;

/// Replies to interactions. Clones share what has been replied to.
#[derive(Clone)]
pub(super) struct Interactions {
    rest: Rest,
    application: u64,
    redactor: Arc<Redactor>,
    /// By interaction.
    replied: Arc<Mutex<HashMap<u64, FirstReply>>>,
}

/// When it was begun, and whether it has been sent.
type FirstReply = (Instant, watch::Receiver<bool>);

impl Interactions {
    pub(super) fn new(rest: Rest, application: u64, redactor: Arc<Redactor>) -> Self {
        Self {
            rest,
            application,
            redactor,
            replied: Arc::default(),
        }
    }

    /// Replies to an interaction. Call it in the order of the replies; the future that it returns sends this one. The
    /// receiver says when the first reply has been sent.
    pub(super) fn reply(
        &self,
        interaction: Interaction,
        reply: InteractionReply,
    ) -> (
        watch::Receiver<bool>,
        impl Future<Output = ()> + Send + use<>,
    ) {
        let mut replied = self.replied.lock().unwrap_or_else(PoisonError::into_inner);
        replied.retain(|_, (since, _)| since.elapsed() < TOKEN_LIFETIME);
        let earlier = replied.get(&interaction.id).cloned();
        let (done, mut first) = watch::channel(false);
        match &earlier {
            None => drop(replied.insert(interaction.id, (Instant::now(), first.clone()))),
            Some((_, sent)) => first = sent.clone(),
        }
        drop(replied);
        let this = self.clone();
        let sending = async move {
            let Some((since, mut sent)) = earlier else {
                this.first_reply(&interaction, reply).await;
                done.send_replace(true);
                return;
            };
            // Fails if the first reply's task did, which is no reason to keep this one back.
            drop(sent.wait_for(|sent| *sent).await);
            this.later_reply(&interaction, reply, since).await;
        };
        (first, sending)
    }

    async fn first_reply(&self, interaction: &Interaction, reply: InteractionReply) {
        let response = match reply {
            InteractionReply::Acknowledge => CreateInteractionResponse::Acknowledge,
            InteractionReply::Private(text) => CreateInteractionResponse::Message(
                CreateInteractionResponseMessage::new()
                    .content(self.readable(&text))
                    .flags(
                        InteractionResponseFlags::SUPPRESS_EMBEDS
                            | InteractionResponseFlags::EPHEMERAL,
                    )
                    .allowed_mentions(CreateAllowedMentions::new()),
            ),
        };
        let left = interaction.deadline - chrono::Utc::now();
        let left = left.to_std().unwrap_or_default().min(FIRST_REPLY_WITHIN);
        let call = Call::respond(interaction.id, &interaction.token, &response);
        // Discord refuses a second first reply, so there is one try.
        self.send(&call.once(left)).await;
    }

    async fn later_reply(
        &self,
        interaction: &Interaction,
        reply: InteractionReply,
        since: Instant,
    ) {
        let InteractionReply::Private(text) = reply else {
            tracing::warn!(?reply, "only a private reply can come after the first one");
            return;
        };
        let Some(left) = TOKEN_LIFETIME.checked_sub(since.elapsed()) else {
            tracing::debug!("too late to reply to an interaction");
            return;
        };
        let followup = CreateInteractionResponseFollowup::new()
            .content(self.readable(&text))
            .flags(MessageFlags::SUPPRESS_EMBEDS | MessageFlags::EPHEMERAL)
            .allowed_mentions(CreateAllowedMentions::new());
        let call = Call::follow_up(self.application, &interaction.token, &followup);
        self.send(&call.patience(left)).await;
    }

    async fn send(&self, call: &Call) {
        if let Err(failed) = self.rest.send(call).await {
            tracing::warn!(reason = failed.reason, "failed to reply to an interaction");
        }
    }

    /// The text without secrets, and cut to one message.
    fn readable(&self, text: &str) -> String {
        let redacted = self.redactor.redact(text);
        for kind in &redacted.kinds {
            tracing::warn!(%kind, "a secret was redacted from a private reply");
        }
        redacted.text.chars().take(LONGEST).collect()
    }
}
