//! Starting threads.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde_json::Value;

use super::{
    ApiError,
    access::{channel_with, visible_channel, visible_message},
    channels::{auto_archive, check_name},
    error::FormErrors,
    middleware::Payload,
};
use crate::{
    Permissions, Snowflake,
    shared::{Shared, State as Inner},
    wire,
};

/// The type of a public thread.
const PUBLIC_THREAD: u64 = 11;

/// `POST /channels/{channel}/messages/{message}/threads`.
pub(super) async fn start_from_message(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = visible_message(state, channel, message)?;
        if found.system.is_some() {
            return Err(ApiError::system_message());
        }
        if state.world.channel(message).is_some() {
            return Err(ApiError::thread_exists());
        }
        start(state, channel, Some(message), &payload.json)
    })
}

/// `POST /channels/{channel}/threads`. The default type is a private thread, which the loopback does
/// not have.
pub(super) async fn start_without_message(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let mut errors = FormErrors::default();
        if payload.json["type"] != PUBLIC_THREAD {
            let message = "Value must be one of (11,).";
            errors.add("type", "BASE_TYPE_CHOICES", message);
        }
        errors.into_result()?;
        start(state, channel, None, &payload.json)
    })
}

fn start(
    state: &mut Inner,
    channel: Snowflake,
    from: Option<Snowflake>,
    body: &Value,
) -> Result<Json<Value>, ApiError> {
    let parent = channel_with(state, channel, Permissions::CREATE_PUBLIC_THREADS)?;
    let guild = parent.guild().filter(|_| parent.thread.is_none());
    let guild = guild.ok_or_else(ApiError::wrong_channel_type)?;
    let mut errors = FormErrors::default();
    check_name(&body["name"], &mut errors);
    let minutes = auto_archive(body, &mut errors);
    errors.into_result()?;
    let name = body["name"].as_str().unwrap_or_default();
    let bot = state.world.bot;
    let thread = state.start_thread((guild, channel), from, bot, name, minutes);
    let found = visible_channel(state, thread)?;
    Ok(Json(wire::channel(&state.world, found)))
}
