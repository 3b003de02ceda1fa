//! The first answer to an interaction.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, intake::Payload, messages::apply_edit, payload, refusal::invalid};
use crate::{
    Acknowledgement, InteractionKind, Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::Draft,
};

/// The query of a callback.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    #[serde(default)]
    with_response: bool,
}

/// `POST /interactions/{interaction}/{token}/callback`.
pub(super) async fn callback(
    State(shared): State<Shared>,
    Path((interaction, token)): Path<(Snowflake, String)>,
    Query(options): Query<Options>,
    Extension(payload): Extension<Payload>,
) -> Result<Response, Refusal> {
    shared.change(|state| {
        let message = acknowledge(state, interaction, &token, &payload)?;
        if !options.with_response {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let message = message.and_then(|id| state.world.messages.get(&id));
        let message = message.map(|message| wire::message(&state.world, message, false));
        let body = json!({
            "interaction": { "id": interaction, "type": 2, "response_message_id": message.as_ref().map(|found| &found["id"]) },
            "resource": { "type": payload.json["type"], "message": message },
        });
        Ok(Json(body).into_response())
    })
}

/// Does what a callback asks; gives back the message it made or changed.
fn acknowledge(
    state: &mut Inner,
    id: Snowflake,
    token: &str,
    payload: &Payload,
) -> Result<Option<Snowflake>, Refusal> {
    let now = clock::unix_ms();
    let asked = state.world.interactions.get(&id);
    let asked = asked.filter(|asked| asked.token == token);
    let asked = asked.ok_or_else(Refusal::unknown_interaction)?.clone();
    if asked.acknowledgement.is_some() {
        return Err(Refusal::already_acknowledged());
    }
    let patience = state.world.application.patience;
    if u128::from(now.saturating_sub(asked.id.unix_ms())) >= patience.as_millis() {
        return Err(Refusal::unknown_interaction());
    }
    let data = &payload.json["data"];
    let inner = Payload {
        json: data.clone(),
        files: payload.files.clone(),
    };
    let kind = payload.json["type"].as_u64().unwrap_or_default();
    let component = matches!(asked.kind, InteractionKind::Component { .. });
    let on = asked.message();
    let mut ephemeral = data["flags"].as_u64().unwrap_or_default() & 64 != 0;
    let bot = state.world.bot;
    let (original, event) = match kind {
        4 => {
            let checked = payload::create(&inner)?;
            ephemeral = checked.ephemeral;
            let draft = Draft {
                interaction: Some(id),
                ephemeral_to: ephemeral.then_some(asked.user),
                ..checked.draft
            };
            let made = state.world.post(asked.channel, bot, draft, now);
            (Some(made), Some(Event::Created(made)))
        }
        5 => {
            let draft = Draft {
                interaction: Some(id),
                ephemeral_to: ephemeral.then_some(asked.user),
                loading: true,
                ..Draft::default()
            };
            let made = state.world.post(asked.channel, bot, draft, now);
            (Some(made), Some(Event::Created(made)))
        }
        6 if on.is_some() => (on, None),
        7 if let Some(on) = on => {
            apply_edit(state, on, &inner)?;
            (Some(on), None)
        }
        9 if component || matches!(asked.kind, InteractionKind::Command { .. }) => {
            check_form(data)?;
            (None, None)
        }
        _ => {
            let message = "Value must be one of {4, 5, 6, 7, 8, 9, 12}.";
            return Err(invalid("type", "BASE_TYPE_CHOICES", message));
        }
    };
    if let Some(asked) = state.world.interactions.get_mut(&id) {
        asked.original = original;
        asked.acknowledgement = Some(Acknowledgement {
            kind,
            data: data.clone(),
            ephemeral,
        });
    }
    state.publish(&Event::Acknowledged(id));
    if let Some(event) = event {
        state.publish(&event);
    }
    Ok(original)
}

/// A form has a title, an id, and one to five rows (Discord developer docs, "Modals").
fn check_form(data: &Value) -> Result<(), Refusal> {
    let mut problems = super::refusal::Problems::default();
    for (field, most) in [("title", 45), ("custom_id", 100)] {
        if data[field].as_str().is_none_or(str::is_empty) {
            problems.required(field);
        }
        problems.at_most(field, &data[field], most);
    }
    let rows = data["components"].as_array().map_or(0, Vec::len);
    if !(1..=5).contains(&rows) {
        problems.bad_length("components", 1, 5);
    }
    problems.refuse()
}
