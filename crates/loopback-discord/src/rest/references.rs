//! The message that another refers to (Discord developer docs, "Message reference").

use serde_json::Value;

use super::{
    ApiError,
    access::{has, visible_channel, visible_message},
    error::{FormErrors, invalid},
    payload::snowflake,
};
use crate::{Permissions, Snowflake, shared::State, wire};

/// A checked `message_reference`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reference {
    /// A reply, and whether the message must exist.
    Reply { message: Snowflake, required: bool },
    /// A forward.
    Forward {
        channel: Snowflake,
        message: Snowflake,
    },
}

pub(super) fn reference(field: &Value) -> Result<Option<Reference>, ApiError> {
    if field.is_null() {
        return Ok(None);
    }
    let mut errors = FormErrors::default();
    let mut id = |name: &str| {
        let path = format!("message_reference.{name}");
        let found = snowflake(&field[name]);
        match &field[name] {
            Value::Null => errors.required(&path),
            _ if found.is_none() => errors.wrong_type(&path, "snowflake"),
            _ => {}
        }
        found.unwrap_or(Snowflake::new(0))
    };
    let message = id("message_id");
    let found = match field["type"].as_u64().unwrap_or_default() {
        0 => Reference::Reply {
            message,
            required: field["fail_if_not_exists"] != false,
        },
        1 => Reference::Forward {
            channel: id("channel_id"),
            message,
        },
        _ => {
            let message = "Value must be one of (0, 1).";
            return Err(invalid(
                "message_reference.type",
                "BASE_TYPE_CHOICES",
                message,
            ));
        }
    };
    errors.into_result()?;
    Ok(Some(found))
}

/// The message to reply to. A reference to an unknown message is an error only if it must exist.
pub(super) fn reply_to(
    state: &State,
    channel: Snowflake,
    message: Snowflake,
    required: bool,
) -> Result<Option<Snowflake>, ApiError> {
    let place = visible_channel(state, channel)?;
    if !has(state, place, Permissions::READ_MESSAGE_HISTORY) {
        return Err(ApiError::reply_without_history());
    }
    match visible_message(state, channel, message) {
        Ok(found) => Ok(Some(found.id)),
        Err(_) if !required => Ok(None),
        Err(_) => Err(invalid(
            "message_reference",
            "REPLIES_UNKNOWN_MESSAGE",
            "Unknown message",
        )),
    }
}

/// The message to forward, which the bot must be able to read.
pub(super) fn to_forward(
    state: &State,
    channel: Snowflake,
    message: Snowflake,
) -> Result<Snowflake, ApiError> {
    let place = visible_channel(state, channel)?;
    if !has(state, place, Permissions::READ_MESSAGE_HISTORY) {
        return Err(ApiError::forward_without_history());
    }
    let found = visible_message(state, channel, message)?;
    if found.system.is_some() {
        return Err(ApiError::system_message());
    }
    let world = &state.world;
    if !world.application.message_content && !wire::content_is_visible(world, found) {
        return Err(ApiError::unreadable_forward());
    }
    Ok(message)
}
