//! Messages of a channel.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ApiError,
    access::{active_message, channel_to_send_in, has, require, visible_channel, visible_message},
    error::invalid,
    extract::{Path, Query},
    middleware::Payload,
    payload,
    references::{Reference, reply_to, to_forward},
};
use crate::{
    Message, Permissions, Snowflake, SystemMessage, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::Draft,
};

/// Which messages of a channel are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    after: Option<Snowflake>,
    before: Option<Snowflake>,
    around: Option<Snowflake>,
    limit: Option<usize>,
}

/// `GET /channels/{channel}/messages`: newest first.
pub(super) async fn list(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let references = [range.after, range.before, range.around];
    if references.iter().flatten().count() > 1 {
        let message = "Only one of after, before, or around may be passed";
        return Err(invalid("_", "MUTUALLY_EXCLUSIVE", message));
    }
    let limit = range.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        let message = "int value should be between 1 and 100 inclusive.";
        return Err(invalid("limit", "NUMBER_TYPE_RANGE", message));
    }
    shared.read(|state| {
        let place = visible_channel(state, channel)?;
        if place.is_forum() {
            return Err(ApiError::wrong_channel_type());
        }
        if !has(state, place, Permissions::READ_MESSAGE_HISTORY) {
            return Ok(Json(Vec::new()));
        }
        let messages: Vec<_> = state
            .world
            .messages(channel)
            .filter(|message| message.ephemeral_to.is_none())
            .collect();
        let found = select(&messages, &range, limit);
        let found = found.iter().rev();
        Ok(Json(found.map(|message| shown(state, message)).collect()))
    })
}

/// The messages in a range, from a channel's messages; both oldest first.
fn select<'a>(messages: &'a [&'a Message], range: &Range, limit: usize) -> &'a [&'a Message] {
    let older = |id| messages.partition_point(|message| message.id < id);
    let (start, end) = if let Some(id) = range.around {
        let middle = older(id);
        let start = middle.saturating_sub(limit / 2);
        (start, start + limit)
    } else if let Some(id) = range.after {
        let start = messages.partition_point(|message| message.id <= id);
        (start, start + limit)
    } else {
        let end = range.before.map_or(messages.len(), older);
        (end.saturating_sub(limit), end)
    };
    let end = end.min(messages.len());
    &messages[start.min(end)..end]
}

/// `GET /channels/{channel}/messages/{message}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = visible_message(state, channel, message)?;
        let place = visible_channel(state, channel)?;
        require(state, place, Permissions::READ_MESSAGE_HISTORY)?;
        Ok(Json(shown(state, found)))
    })
}

/// `POST /channels/{channel}/messages`.
pub(super) async fn create(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        channel_to_send_in(state, channel, Permissions::NONE)?;
        let checked = payload::create(&state.world, &payload)?;
        let now = clock::unix_ms();
        let bot = state.world.bot;
        if let Some(nonce) = checked
            .draft
            .nonce
            .as_ref()
            .filter(|_| checked.enforce_nonce)
            && let Some(sent) = state.world.sent_with_nonce(bot, channel, nonce, now)
        {
            return Ok(Json(shown(state, sent)));
        }
        let place = channel_to_send_in(state, channel, needed_for(&checked.draft))?;
        let pings_everyone = has(state, place, Permissions::MENTION_EVERYONE);
        let mut draft = checked.draft;
        match checked.reference {
            Some(Reference::Reply { message, required }) => {
                draft.reply_to = reply_to(state, channel, message, required)?;
            }
            Some(Reference::Forward {
                channel: from,
                message,
            }) => draft.forward = Some(to_forward(state, from, message)?),
            None => {}
        }
        draft.allowed.everyone &= pings_everyone;
        state.unarchive(channel);
        let id = state.world.post(channel, bot, draft, now);
        state.publish(&Event::MessageCreated(id));
        Ok(Json(shown(state, visible_message(state, channel, id)?)))
    })
}

/// The permissions that the content of a message needs.
pub(super) fn needed_for(draft: &Draft) -> Permissions {
    let mut needed = Permissions::NONE;
    if !draft.files.is_empty() {
        needed = needed | Permissions::ATTACH_FILES;
    }
    if !draft.embeds.is_empty() {
        needed = needed | Permissions::EMBED_LINKS;
    }
    if draft.poll.is_some() {
        needed = needed | Permissions::SEND_POLLS;
    }
    needed
}

/// `PATCH /channels/{channel}/messages/{message}`.
pub(super) async fn edit(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = active_message(state, channel, message)?;
        if found.author != state.world.bot {
            return Err(ApiError::another_author());
        }
        if found.system.is_some() {
            return Err(ApiError::system_message());
        }
        apply_edit(state, message, &payload)?;
        Ok(Json(shown(
            state,
            visible_message(state, channel, message)?,
        )))
    })
}

/// Checks an edit of the bot's own message and applies it.
pub(super) fn apply_edit(
    state: &mut Inner,
    id: Snowflake,
    payload: &Payload,
) -> Result<(), ApiError> {
    let found = state.world.messages.get(&id);
    let found = found.ok_or_else(ApiError::unknown_message)?;
    let patch = payload::edit(&state.world, payload, found)?;
    let content = patch.content.as_ref().unwrap_or(&found.content);
    let empty = content.trim().is_empty()
        && patch.embeds.as_ref().unwrap_or(&found.embeds).is_empty()
        && patch
            .components
            .as_ref()
            .unwrap_or(&found.components)
            .is_empty()
        && patch.files.is_empty()
        && patch
            .keep
            .as_ref()
            .map_or(found.attachments.len(), Vec::len)
            == 0;
    if empty {
        return Err(ApiError::empty_message());
    }
    state.world.edit(id, patch, clock::unix_ms());
    state.publish(&Event::MessageUpdated(id));
    Ok(())
}

/// `DELETE /channels/{channel}/messages/{message}`.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        let found = visible_message(state, channel, message)?;
        let deletable = !matches!(
            found.system,
            Some(SystemMessage::Renamed | SystemMessage::ThreadStarter { .. })
        );
        if !deletable {
            return Err(ApiError::system_message());
        }
        if found.author != state.world.bot {
            let place = visible_channel(state, channel)?;
            if place.guild().is_none() {
                return Err(ApiError::direct_channel());
            }
            require(state, place, Permissions::MANAGE_MESSAGES)?;
        }
        remove(state, message);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Deletes a message and publishes that.
pub(super) fn remove(state: &mut Inner, message: Snowflake) {
    if let Some(gone) = state.world.delete_message(message) {
        state.publish(&Event::MessageDeleted(Box::new(gone)));
    }
}

/// A message as the bot sees it over REST. Without the message content intent, the content of other
/// authors is hidden.
pub(super) fn shown(state: &Inner, message: &Message) -> Value {
    let world = &state.world;
    let private = !world.application.message_content && !wire::content_is_visible(world, message);
    wire::message(world, message, private)
}
