//! Replies to slash commands, presses and forms.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serenity::all::{
    AutocompleteChoice, CreateActionRow, CreateAllowedMentions, CreateAutocompleteResponse,
    CreateInputText, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateInteractionResponseMessage, CreateModal, InputTextStyle, InteractionResponseFlags,
    MessageFlags,
};
use tokio::sync::watch;

use crate::{
    chat::{Form, Interaction, InteractionReply},
    discord::rest::{Call, Rest},
    redact::Redactor,
};

/// How long an interaction waits for its first reply (Discord developer docs, "Interactions").
const FIRST_REPLY_WITHIN: Duration = Duration::from_secs(3);

/// How long an interaction's token is valid, less a margin (Discord developer docs: 15 minutes).
const TOKEN_LIFETIME: Duration = Duration::from_mins(14);

/// The longest private reply: one message of Discord's.
const LONGEST: usize = 2_000;

/// Replies to interactions. Clones share what has been replied to.
#[derive(Clone)]
pub(super) struct Interactions {
    rest: Rest,
    application: u64,
    redactor: Arc<Redactor>,
    /// When the first reply was begun, and whether it has been sent, by interaction.
    replied: Arc<Mutex<Replied>>,
}

type Replied = HashMap<u64, (Instant, watch::Receiver<bool>)>;

impl Interactions {
    pub(super) fn new(rest: Rest, application: u64, redactor: Arc<Redactor>) -> Self {
        Self {
            rest,
            application,
            redactor,
            replied: Arc::default(),
        }
    }

    /// Replies to an interaction. To be called in the order of the replies; what is returned sends this one.
    pub(super) fn reply(
        &self,
        interaction: Interaction,
        reply: InteractionReply,
    ) -> impl Future<Output = ()> + Send + use<> {
        let mut replied = self.replied.lock().unwrap_or_else(PoisonError::into_inner);
        replied.retain(|_, (since, _)| since.elapsed() < TOKEN_LIFETIME);
        let earlier = replied
            .get(&interaction.id)
            .map(|(since, sent)| (*since, sent.clone()));
        let (done, sent) = watch::channel(false);
        if earlier.is_none() {
            replied.insert(interaction.id, (Instant::now(), sent));
        }
        drop(replied);
        let this = self.clone();
        async move {
            match earlier {
                None => {
                    this.first_reply(&interaction, reply).await;
                    done.send_replace(true);
                }
                Some((since, mut sent)) => {
                    // Its sender may be gone: the first reply failed.
                    drop(sent.wait_for(|sent| *sent).await);
                    this.later_reply(&interaction, reply, since).await;
                }
            }
        }
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
            InteractionReply::OpenForm(form) => CreateInteractionResponse::Modal(modal(&form)),
            InteractionReply::Suggest(suggestions) => {
                let choices = suggestions
                    .into_iter()
                    .map(|text| AutocompleteChoice::new(text.clone(), text));
                let choices = choices.take(25).collect();
                CreateInteractionResponse::Autocomplete(
                    CreateAutocompleteResponse::new().set_choices(choices),
                )
            }
        };
        let left = interaction.deadline - chrono::Utc::now();
        let left = left.to_std().unwrap_or_default().min(FIRST_REPLY_WITHIN);
        // One try: a second first reply to the same interaction is refused.
        let call = Call::respond(interaction.id, &interaction.token, &response).once(left);
        if let Err(failed) = self.rest.send(&call).await {
            tracing::warn!(reason = failed.reason, "failed to reply to an interaction");
        }
    }

    async fn later_reply(
        &self,
        interaction: &Interaction,
        reply: InteractionReply,
        since: Instant,
    ) {
        let InteractionReply::Private(text) = reply else {
            tracing::warn!(?reply, "not a reply that can come later");
            return;
        };
        let Some(left) = TOKEN_LIFETIME.checked_sub(since.elapsed()) else {
            tracing::debug!("too late for a reply to an interaction");
            return;
        };
        let followup = CreateInteractionResponseFollowup::new()
            .content(self.readable(&text))
            .flags(MessageFlags::SUPPRESS_EMBEDS | MessageFlags::EPHEMERAL)
            .allowed_mentions(CreateAllowedMentions::new());
        let call = Call::follow_up(self.application, &interaction.token, &followup).patience(left);
        if let Err(failed) = self.rest.send(&call).await {
            tracing::warn!(reason = failed.reason, "failed to reply to an interaction");
        }
    }

    /// A text as the person may read it: without secrets, and in one message.
    fn readable(&self, text: &str) -> String {
        let redacted = self.redactor.redact(text);
        for kind in &redacted.kinds {
            tracing::warn!(%kind, "a secret was redacted from a private reply");
        }
        redacted.text.chars().take(LONGEST).collect()
    }
}

fn modal(form: &Form) -> CreateModal {
    let fields = form.fields.iter().map(|field| {
        let style = if field.is_long {
            InputTextStyle::Paragraph
        } else {
            InputTextStyle::Short
        };
        let input = CreateInputText::new(style, &field.label, &field.id)
            .value(&field.value)
            .required(field.is_required);
        CreateActionRow::InputText(input)
    });
    CreateModal::new(form.id.to_string(), &form.title).components(fields.collect())
}
