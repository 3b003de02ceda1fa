//! The first response to an interaction.

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ApiError,
    error::invalid,
    extract::{Path, Query},
    messages::apply_edit,
    middleware::Payload,
    modals, payload,
};
use crate::{
    Acknowledgement, InteractionKind, Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::{Draft, Interaction},
};

/// The flag of an ephemeral response.
const EPHEMERAL: u64 = 1 << 6;

/// The query of a callback.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    with_response: Option<String>,
}

/// `POST /interactions/{interaction}/{token}/callback`.
pub(super) async fn callback(
    State(shared): State<Shared>,
    Path((interaction, token)): Path<(Snowflake, String)>,
    Query(options): Query<Options>,
    Extension(payload): Extension<Payload>,
) -> Result<Response, ApiError> {
    shared.change(|state| {
        let message = acknowledge(state, interaction, &token, &payload)?;
        // Discord's booleans in queries are `true` or `1` (its developer docs, "Boolean query strings").
        if !matches!(options.with_response.as_deref(), Some("true" | "1")) {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Ok(Json(with_response(
            state,
            interaction,
            message,
            &payload.json["type"],
        ))
        .into_response())
    })
}

/// The callback response object.
fn with_response(state: &Inner, id: Snowflake, message: Option<Snowflake>, kind: &Value) -> Value {
    let interaction = state.world.interactions.get(&id);
    let mut body = json!({
        "interaction": { "id": id, "type": interaction.map(Interaction::type_number) },
        "resource": { "type": kind },
    });
    if let Some(message) = message.and_then(|id| state.world.messages.get(&id)) {
        body["interaction"]["response_message_id"] = json!(message.id);
        body["interaction"]["response_message_loading"] = json!(message.loading);
        body["interaction"]["response_message_ephemeral"] = json!(message.ephemeral_to.is_some());
        if matches!(kind.as_u64(), Some(4 | 7)) {
            body["resource"]["message"] = wire::message(&state.world, message, false);
        }
    }
    body
}

/// Performs a callback. Returns the message that it created or updated.
fn acknowledge(
    state: &mut Inner,
    id: Snowflake,
    token: &str,
    payload: &Payload,
) -> Result<Option<Snowflake>, ApiError> {
    let found = state.world.interactions.get(&id);
    let found = found.filter(|found| found.token == token);
    let found = found.ok_or_else(ApiError::unknown_interaction)?.clone();
    if found.acknowledgement.is_some() {
        return Err(ApiError::already_acknowledged());
    }
    let age = clock::unix_ms().saturating_sub(found.id.unix_ms());
    if u128::from(age) >= state.world.application.interaction_deadline.as_millis() {
        return Err(ApiError::unknown_interaction());
    }
    let data = &payload.json["data"];
    let kind = payload.json["type"].as_u64().unwrap_or_default();
    check_kind(kind, &found)?;
    let body = Payload {
        json: data.clone(),
        ..payload.clone()
    };
    let mut ephemeral = data["flags"].as_u64().unwrap_or_default() & EPHEMERAL != 0;
    let (original, event) = match kind {
        4 => {
            let checked = payload::create(&state.world, &body)?;
            ephemeral = checked.ephemeral;
            let made = respond(state, &found, ephemeral, checked.draft);
            (Some(made), Some(Event::MessageCreated(made)))
        }
        5 => {
            let draft = Draft {
                loading: true,
                ..Draft::default()
            };
            let made = respond(state, &found, ephemeral, draft);
            (Some(made), Some(Event::MessageCreated(made)))
        }
        7 => {
            let on = found.message().ok_or_else(ApiError::unknown_message)?;
            // An update without a message only acknowledges.
            if !data.is_null() {
                apply_edit(state, on, &body)?;
            }
            (Some(on), None)
        }
        8 => {
            check_choices(data)?;
            (None, None)
        }
        9 => {
            modals::check(data)?;
            (None, None)
        }
        _ => (found.message(), None),
    };
    if let Some(found) = state.world.interactions.get_mut(&id) {
        found.original = original;
        found.acknowledgement = Some(Acknowledgement {
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

/// Posts the response to an interaction.
fn respond(state: &mut Inner, to: &Interaction, ephemeral: bool, draft: Draft) -> Snowflake {
    let draft = Draft {
        interaction: Some(to.id),
        ephemeral_to: ephemeral.then_some(to.user),
        ..draft
    };
    let bot = state.world.bot;
    state.world.post(to.channel, bot, draft, clock::unix_ms())
}

/// An error unless a callback of this type responds to interactions of this kind (Discord developer
/// docs, "Interaction callback type"). Type 1 responds to pings, which only come over HTTP.
fn check_kind(kind: u64, to: &Interaction) -> Result<(), ApiError> {
    let valid = match &to.kind {
        InteractionKind::Autocomplete { .. } => kind == 8,
        InteractionKind::Command { .. } | InteractionKind::MessageCommand { .. } => {
            matches!(kind, 4 | 5 | 9)
        }
        InteractionKind::Component { .. } => matches!(kind, 4..=7 | 9),
        InteractionKind::Modal { message, .. } => {
            matches!(kind, 4 | 5) || (message.is_some() && matches!(kind, 6 | 7))
        }
    };
    if valid {
        return Ok(());
    }
    let message = "Value is not a valid response to this interaction.";
    Err(invalid("type", "BASE_TYPE_CHOICES", message))
}

/// At most 25 choices, each with a name and a value (Discord developer docs, "Application command
/// option choice structure").
fn check_choices(data: &Value) -> Result<(), ApiError> {
    let mut errors = super::error::FormErrors::default();
    let Some(choices) = data["choices"].as_array() else {
        errors.required("choices");
        return errors.into_result();
    };
    if choices.len() > 25 {
        errors.too_long("choices", 25);
    }
    for (index, choice) in choices.iter().enumerate() {
        let at = |field: &str| format!("choices.{index}.{field}");
        let name = choice["name"].as_str().unwrap_or_default();
        if !(1..=100).contains(&name.chars().count()) {
            errors.bad_length(&at("name"), 1, 100);
        }
        match &choice["value"] {
            Value::Number(_) => {}
            Value::String(_) => errors.max_length(&at("value"), &choice["value"], 100),
            _ => errors.required(&at("value")),
        }
    }
    errors.into_result()
}
