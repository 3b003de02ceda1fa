//! Replies to slash commands, presses and forms.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use serenity::all::MessageFlags;
use tokio::sync::watch;

use super::redaction::redact;
use crate::{
    chat::{FieldKind, Form, FormField, Interaction, InteractionReply},
    discord::{
        render,
        rest::{Call, Rest, route},
    },
    redact::Redactor,
};

/// How long an interaction waits for its first reply (Discord developer docs, "Interactions").
pub(super) const FIRST_REPLY_WITHIN: Duration = Duration::from_secs(3);

/// How long an interaction's token is valid, less a margin (Discord developer docs: 15 minutes).
const TOKEN_LIFETIME: Duration = Duration::from_mins(14);

// Discord's limits, in characters (its developer docs, "Autocomplete", "Modal" and "Component
// reference").
const MOST_SUGGESTIONS: usize = 25;
const LONGEST_SUGGESTION: usize = 100;
/// Of a form's title, and of a field's label.
const LONGEST_LABEL: usize = 45;
const LONGEST_VALUE: usize = 4_000;
const LONGEST_OPTION: usize = 100;

/// Replies to interactions. Clones share what has been replied to.
#[derive(Clone)]
pub(super) struct Interactions {
    pub(super) rest: Rest,
    pub(super) application: u64,
    pub(super) redactor: Arc<Redactor>,
    /// By interaction.
    pub(super) replied: Arc<Mutex<HashMap<u64, FirstReply>>>,
}

/// When it was begun, and whether it has been sent.
type FirstReply = (Instant, watch::Receiver<bool>);

impl Interactions {
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
            let (reply, more) = this.pages(reply);
            let since = match earlier {
                None => {
                    let since = Instant::now();
                    this.first_reply(&interaction, reply).await;
                    done.send_replace(true);
                    since
                }
                Some((since, mut sent)) => {
                    // Fails if the first reply's task did, which is no reason to keep this one back.
                    drop(sent.wait_for(|sent| *sent).await);
                    this.later_reply(&interaction, reply, since).await;
                    since
                }
            };
            for reply in more {
                this.later_reply(&interaction, reply, since).await;
            }
        };
        (first, sending)
    }

    /// The first message of a reply, and those that follow it, without secrets. The last one has the files.
    fn pages(&self, reply: InteractionReply) -> (InteractionReply, Vec<InteractionReply>) {
        let (text, mut files) = match reply {
            InteractionReply::Private(text) => (text, Vec::new()),
            InteractionReply::PrivateFiles { text, files } => (text, files),
            reply => return (reply, Vec::new()),
        };
        for file in &mut files {
            (file.content, _) = self.redactor.redact_file(mem::take(&mut file.content));
        }
        let text = redact(&self.redactor, &text, usize::MAX);
        let pages = render::split(&text, render::LIMIT).into_iter();
        // Rendering drops marks that may have held the parts of a secret apart.
        let pages = pages.map(|page| redact(&self.redactor, &page, render::LIMIT));
        let mut replies: Vec<_> = pages.map(InteractionReply::Private).collect();
        let text = match replies.pop() {
            Some(InteractionReply::Private(last)) => last,
            _ => text,
        };
        replies.push(InteractionReply::PrivateFiles { text, files });
        let first = replies.remove(0);
        (first, replies)
    }

    async fn first_reply(&self, interaction: &Interaction, reply: InteractionReply) {
        let mut attached = Vec::new();
        // Discord developer docs, "Interaction callback type".
        let response = match reply {
            InteractionReply::Acknowledge => json!({ "type": 6 }),
            InteractionReply::Private(text) => json!({ "type": 4, "data": Self::private(&text) }),
            InteractionReply::PrivateFiles { text, files } => {
                attached = files;
                json!({ "type": 4, "data": Self::private(&text) })
            }
            InteractionReply::Suggest(values) => {
                let values = values.iter().take(MOST_SUGGESTIONS).map(|value| {
                    let value = redact(&self.redactor, value, LONGEST_SUGGESTION);
                    json!({ "name": value, "value": value })
                });
                json!({ "type": 8, "data": { "choices": values.collect::<Vec<_>>() } })
            }
            InteractionReply::OpenForm(form) => json!({ "type": 9, "data": self.modal(&form) }),
        };
        let left = interaction.deadline - chrono::Utc::now();
        let left = left.to_std().unwrap_or_default().min(FIRST_REPLY_WITHIN);
        let call = Call::new(route::RESPOND, &[&interaction.id, &interaction.token]);
        // Discord refuses a second first reply, so there is one try.
        let call = call.json(&response).files(&attached).once(left);
        self.send(call).await;
    }

    async fn later_reply(
        &self,
        interaction: &Interaction,
        reply: InteractionReply,
        since: Instant,
    ) {
        let (text, files) = match reply {
            InteractionReply::Private(text) => (text, Vec::new()),
            InteractionReply::PrivateFiles { text, files } => (text, files),
            reply => {
                tracing::warn!(?reply, "only a private reply can come after the first one");
                return;
            }
        };
        let Some(left) = TOKEN_LIFETIME.checked_sub(since.elapsed()) else {
            tracing::debug!("too late to reply to an interaction");
            return;
        };
        let call = Call::new(route::FOLLOW_UP, &[&self.application, &interaction.token]);
        let call = call.json(&Self::private(&text)).files(&files);
        self.send(call.patience(left)).await;
    }

    async fn send(&self, call: Call) {
        if let Err(failed) = self.rest.send(&call.by_path()).await {
            tracing::warn!(reason = failed.reason, "failed to reply to an interaction");
        }
    }

    /// A message that only the person sees.
    fn private(text: &str) -> Value {
        let flags = MessageFlags::SUPPRESS_EMBEDS | MessageFlags::EPHEMERAL;
        json!({ "content": text, "flags": flags.bits(), "allowed_mentions": { "parse": [] } })
    }

    /// Discord developer docs, "Modal" and "Label".
    fn modal(&self, form: &Form) -> Value {
        let labels = form.fields.iter().map(|field| {
            json!({
                "type": 18,
                "label": redact(&self.redactor, &field.label, LONGEST_LABEL),
                "component": self.field(field),
            })
        });
        json!({
            "custom_id": form.id.to_string(),
            "title": redact(&self.redactor, &form.title, LONGEST_LABEL),
            "components": labels.collect::<Vec<_>>(),
        })
    }

    /// Discord developer docs, "Text input", "Radio group" and "Checkbox group".
    fn field(&self, field: &FormField) -> Value {
        let mut shown = match &field.kind {
            FieldKind::Text { value, is_long } => json!({
                "type": 4,
                "style": if *is_long { 2 } else { 1 },
                "value": redact(&self.redactor, value, LONGEST_VALUE),
            }),
            FieldKind::Options {
                labels,
                is_multiple,
            } => {
                let options = labels.iter().enumerate().map(|(number, label)| {
                    let label = redact(&self.redactor, label, LONGEST_OPTION);
                    json!({ "label": label, "value": number.to_string() })
                });
                let options = options.collect::<Vec<_>>();
                json!({ "type": if *is_multiple { 22 } else { 21 }, "options": options })
            }
        };
        shown["custom_id"] = field.id.as_str().into();
        shown["required"] = field.is_required.into();
        if !field.is_required && shown["type"] == 22 {
            shown["min_values"] = 0.into();
        }
        shown
    }
}
