//! Messages of a channel.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Refusal,
    channels::channel_exists,
    intake::Payload,
    payload,
    refusal::{Problems, invalid},
};
use crate::{
    Message, Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::Draft,
};

/// Which messages are asked for.
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
) -> Result<Json<Vec<Value>>, Refusal> {
    let limit = range.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        let message = "int value should be between 1 and 100 inclusive.";
        return Err(invalid("limit", "NUMBER_TYPE_RANGE", message));
    }
    shared.read(|state| {
        channel_exists(state, channel)?;
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

/// The part of a channel's messages (oldest first) that a range names, oldest first.
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
) -> Result<Json<Value>, Refusal> {
    shared.read(|state| {
        let found = find(state, channel, message)?;
        Ok(Json(shown(state, found)))
    })
}

/// `POST /channels/{channel}/messages`.
pub(super) async fn create(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|state| {
        channel_exists(state, channel)?;
        let checked = payload::create(&payload)?;
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
        let reply_to = reply_to(state, channel, checked.reference)?;
        let draft = Draft {
            reply_to,
            ..checked.draft
        };
        let id = state.world.post(channel, bot, draft, now);
        state.publish(&Event::Created(id));
        Ok(Json(shown(state, find(state, channel, id)?)))
    })
}

/// The message that is answered, if the one named exists or must.
fn reply_to(
    state: &Inner,
    channel: Snowflake,
    reference: Option<(Snowflake, bool)>,
) -> Result<Option<Snowflake>, Refusal> {
    let Some((id, required)) = reference else {
        return Ok(None);
    };
    match find(state, channel, id) {
        Ok(message) => Ok(Some(message.id)),
        Err(_) if !required => Ok(None),
        Err(_) => {
            let mut problems = Problems::default();
            let code = "REPLIES_UNKNOWN_MESSAGE";
            problems.add("message_reference", code, "Unknown message");
            problems.refuse().map(|()| None)
        }
    }
}

/// `PATCH /channels/{channel}/messages/{message}`.
pub(super) async fn edit(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|state| {
        let author = find(state, channel, message)?.author;
        if author != state.world.bot {
            return Err(Refusal::another_author());
        }
        apply_edit(state, message, &payload)?;
        Ok(Json(shown(state, find(state, channel, message)?)))
    })
}

/// Checks an edit of the bot's own message and makes it.
pub(super) fn apply_edit(
    state: &mut Inner,
    id: Snowflake,
    payload: &Payload,
) -> Result<(), Refusal> {
    let patch = payload::edit(payload)?;
    let found = state.world.messages.get(&id);
    let found = found.ok_or_else(Refusal::unknown_message)?;
    let content = patch.content.as_ref().unwrap_or(&found.content);
    let empty = content.trim().is_empty()
        && patch.embeds.as_ref().unwrap_or(&found.embeds).is_empty()
        && patch
            .components
            .as_ref()
            .unwrap_or(&found.components)
            .is_empty()
        && patch.files.is_empty()
        && found.attachments.is_empty();
    if empty {
        return Err(Refusal::empty_message());
    }
    state.world.edit(id, patch, clock::unix_ms());
    state.publish(&Event::Updated(id));
    Ok(())
}

/// `DELETE /channels/{channel}/messages/{message}`.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
) -> Result<StatusCode, Refusal> {
    shared.change(|state| {
        find(state, channel, message)?;
        remove(state, channel, message);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Takes a message out of the world.
pub(super) fn remove(state: &mut Inner, channel: Snowflake, message: Snowflake) {
    state.world.messages.remove(&message);
    state.publish(&Event::Deleted { message, channel });
}

/// `PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me`.
pub(super) async fn react(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<(Snowflake, Snowflake, String)>,
) -> Result<StatusCode, Refusal> {
    set_reaction(&shared, channel, message, emoji, true)
}

/// `DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me`.
pub(super) async fn unreact(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<(Snowflake, Snowflake, String)>,
) -> Result<StatusCode, Refusal> {
    set_reaction(&shared, channel, message, emoji, false)
}

fn set_reaction(
    shared: &Shared,
    channel: Snowflake,
    message: Snowflake,
    emoji: String,
    on: bool,
) -> Result<StatusCode, Refusal> {
    shared.change(|state| {
        find(state, channel, message)?;
        let user = state.world.bot;
        state.world.react(message, user, &emoji, on);
        state.publish(&Event::Reacted {
            message,
            user,
            emoji,
            on,
        });
        Ok(StatusCode::NO_CONTENT)
    })
}

/// A message that the bot can see in a channel.
fn find(state: &Inner, channel: Snowflake, id: Snowflake) -> Result<&Message, Refusal> {
    channel_exists(state, channel)?;
    let here = |message: &&Message| message.channel == channel && message.ephemeral_to.is_none();
    let found = state.world.messages.get(&id).filter(here);
    found.ok_or_else(Refusal::unknown_message)
}

/// A message as this app sees it over REST: without the intent, contents of others are hidden.
fn shown(state: &Inner, message: &Message) -> Value {
    let world = &state.world;
    let private = !world.application.message_content && !wire::shown_anyway(world, message);
    wire::message(world, message, private)
}
