//! Edits of the response to an interaction, and follow-up messages.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::Value;

use super::{
    ApiError,
    extract::Path,
    messages::{apply_edit, remove},
    middleware::Payload,
    payload,
};
use crate::{
    Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::{Allowed, Draft, Interaction},
};

/// `GET /webhooks/{webhook}`: the loopback has no webhooks but those of interactions.
pub(super) async fn unknown(Path(_): Path<Snowflake>) -> ApiError {
    ApiError::unknown_webhook()
}

/// `POST /webhooks/{application}/{token}`. `?wait` has no effect for interactions: the response always
/// contains the message.
pub(super) async fn follow_up(
    State(shared): State<Shared>,
    Path((application, token)): Path<(Snowflake, String)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = interaction(state, application, &token)?;
        let loading = found.original.filter(|id| {
            state
                .world
                .messages
                .get(id)
                .is_some_and(|found| found.loading)
        });
        // The first follow-up after a deferred response fills that in.
        if let Some(original) = loading {
            apply_edit(state, original, &payload)?;
            return shown(state, original);
        }
        let checked = payload::create(&state.world, &payload)?;
        let draft = Draft {
            interaction: Some(found.id),
            ephemeral_to: checked.ephemeral.then_some(found.user),
            reply_to: found.original,
            allowed: Allowed {
                replied_user: false,
                ..checked.draft.allowed
            },
            ..checked.draft
        };
        let bot = state.world.bot;
        let made = state
            .world
            .post(found.channel, bot, draft, clock::unix_ms());
        if let Some(found) = state.world.interactions.get_mut(&found.id) {
            found.followups.push(made);
        }
        state.publish(&Event::MessageCreated(made));
        shown(state, made)
    })
}

/// `GET /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = interaction(state, application, &token)?;
        shown(state, named(&found, &message)?)
    })
}

/// `PATCH /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn edit(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = interaction(state, application, &token)?;
        let id = named(&found, &message)?;
        apply_edit(state, id, &payload)?;
        shown(state, id)
    })
}

/// `DELETE /webhooks/{application}/{token}/messages/{message}`.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path((application, token, message)): Path<(Snowflake, String, String)>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        let found = interaction(state, application, &token)?;
        let id = named(&found, &message)?;
        if !state.world.messages.contains_key(&id) {
            return Err(ApiError::unknown_message());
        }
        remove(state, id);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// The interaction of a token, once it has been acknowledged and while the token is valid.
fn interaction(
    state: &Inner,
    application: Snowflake,
    token: &str,
) -> Result<Interaction, ApiError> {
    let app = &state.world.application;
    let found = state.world.interaction_by_token(token);
    let found = found.filter(|found| app.id == application && found.acknowledgement.is_some());
    let found = found.ok_or_else(ApiError::unknown_webhook)?;
    let age = clock::unix_ms().saturating_sub(found.id.unix_ms());
    if u128::from(age) >= app.interaction_token_life.as_millis() {
        return Err(ApiError::expired_webhook_token());
    }
    Ok(found.clone())
}

/// The message of an interaction that a path names: `@original`, or an id.
fn named(found: &Interaction, message: &str) -> Result<Snowflake, ApiError> {
    if message == "@original" {
        return found.original.ok_or_else(ApiError::unknown_message);
    }
    let id = message.parse().map_err(|_| ApiError::unknown_message())?;
    let own = found.original == Some(id) || found.followups.contains(&id);
    own.then_some(id).ok_or_else(ApiError::unknown_message)
}

fn shown(state: &Inner, id: Snowflake) -> Result<Json<Value>, ApiError> {
    let found = state.world.messages.get(&id);
    let found = found.ok_or_else(ApiError::unknown_message)?;
    Ok(Json(wire::message(&state.world, found, false)))
}
