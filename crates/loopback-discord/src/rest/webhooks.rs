//! What follows the first answer to an interaction: the response edited, further messages.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{
    Refusal,
    intake::Payload,
    messages::{apply_edit, remove},
    payload,
};
use crate::{
    Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::{Allowed, Draft, Interaction},
};

/// How long an interaction's token is good for: 15 minutes.
const LIFETIME_MS: u64 = 15 * 60 * 1000;

/// `POST /webhooks/{application}/{token}`. `?wait` changes nothing for interactions: the message is
/// always given back.
pub(super) async fn follow_up(
    State(shared): State<Shared>,
    Path((application, token)): Path<(Snowflake, String)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|state| {
        let asked = interaction(state, application, &token)?;
        let loading = asked.original.filter(|id| {
            state
                .world
                .messages
                .get(id)
                .is_some_and(|found| found.loading)
        });
        // The first message after a deferral fills the deferred response in.
        if let Some(original) = loading {
            apply_edit(state, original, &payload)?;
            return shown(state, original);
        }
        let checked = payload::create(&payload)?;
        let draft = Draft {
            interaction: Some(asked.id),
            ephemeral_to: checked.ephemeral.then_some(asked.user),
            reply_to: asked.original,
            allowed: Allowed {
                replied_user: false,
                ..checked.draft.allowed
            },
            ..checked.draft
        };
        let bot = state.world.bot;
        let made = state
            .world
            .post(asked.channel, bot, draft, clock::unix_ms());
        if let Some(asked) = state.world.interactions.get_mut(&asked.id) {
            asked.followups.push(made);
        }
        state.publish(&Event::Created(made));
        shown(state, made)
    })
}

/// `GET /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|state| {
        let asked = interaction(state, application, &token)?;
        shown(state, named(&asked, &message)?)
    })
}

/// `PATCH /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn edit(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|state| {
        let asked = interaction(state, application, &token)?;
        let id = named(&asked, &message)?;
        apply_edit(state, id, &payload)?;
        shown(state, id)
    })
}

/// `DELETE /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
) -> Result<StatusCode, Refusal> {
    shared.change(|state| {
        let asked = interaction(state, application, &token)?;
        let id = named(&asked, &message)?;
        if !state.world.messages.contains_key(&id) {
            return Err(Refusal::unknown_message());
        }
        remove(state, asked.channel, id);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// The interaction that a token is of, if it has been acknowledged and is not too old.
fn interaction(
    state: &mut Inner,
    application: Snowflake,
    token: &str,
) -> Result<Interaction, Refusal> {
    let own = state.world.application.id == application;
    let found = state.world.interaction_by_token(token).filter(|_| own);
    let alive = |asked: &&mut Interaction| {
        asked.acknowledgement.is_some() && asked.id.unix_ms() + LIFETIME_MS >= clock::unix_ms()
    };
    let found = found.filter(alive).map(|asked| asked.clone());
    found.ok_or_else(Refusal::unknown_webhook)
}

/// The message of an interaction that a path names: `@original`, or an id.
fn named(asked: &Interaction, message: &str) -> Result<Snowflake, Refusal> {
    if message == "@original" {
        return asked.original.ok_or_else(Refusal::unknown_message);
    }
    let id = message.parse().map_err(|_| Refusal::unknown_message())?;
    let own = asked.original == Some(id) || asked.followups.contains(&id);
    own.then_some(id).ok_or_else(Refusal::unknown_message)
}

fn shown(state: &Inner, id: Snowflake) -> Result<Json<Value>, Refusal> {
    let found = state.world.messages.get(&id);
    let found = found.ok_or_else(Refusal::unknown_message)?;
    Ok(Json(wire::message(&state.world, found, false)))
}
