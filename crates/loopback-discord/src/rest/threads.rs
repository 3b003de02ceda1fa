//! Starting threads, and posts in forums.

use axum::{Extension, Json, extract::State};
use serde_json::Value;

use super::{
    ApiError,
    access::{channel_to_send_in, channel_with, visible_channel, visible_message},
    channels::{auto_archive, check_name},
    error::{FormErrors, invalid},
    extract::Path,
    messages::{needed_for, shown},
    middleware::Payload,
    payload::{self, snowflake},
};
use crate::{
    Channel, Permissions, Snowflake,
    shared::{Shared, State as Inner},
    wire,
    world::NewThread,
};

/// The type of a public thread.
const PUBLIC_THREAD: u64 = 11;
/// How many tags a post can have.
const MAX_TAGS: usize = 5;

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

/// `POST /channels/{channel}/threads`. In a text channel the default type is a private thread, which the loopback
/// does not have. In a forum the thread is a post, with a message.
pub(super) async fn start_without_message(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        if visible_channel(state, channel)?.is_forum() {
            return post(state, channel, &payload);
        }
        if payload.json["type"] != PUBLIC_THREAD {
            let message = "Value must be one of (11,).";
            return Err(invalid("type", "BASE_TYPE_CHOICES", message));
        }
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
    let thread = NewThread {
        from,
        ..checked(state, (guild, channel), body)?
    };
    let thread = state.start_thread(&thread);
    let found = visible_channel(state, thread)?;
    Ok(Json(wire::channel(&state.world, found)))
}

/// A post in a forum: a thread with tags, and its first message, whose id is the thread's.
fn post(state: &mut Inner, forum: Snowflake, payload: &Payload) -> Result<Json<Value>, ApiError> {
    let body = &payload.json;
    let place = channel_with(state, forum, Permissions::SEND_MESSAGES)?;
    let guild = place.guild().ok_or_else(ApiError::wrong_channel_type)?;
    let mut errors = FormErrors::default();
    let tags = applied_tags(place, body, &mut errors);
    if !body["message"].is_object() {
        errors.required("message");
    }
    errors.into_result()?;
    let thread = NewThread {
        applied_tags: tags.unwrap_or_default(),
        ..checked(state, (guild, forum), body)?
    };
    let message = payload::create(
        &state.world,
        &Payload {
            json: body["message"].clone(),
            ..payload.clone()
        },
    )?;
    channel_with(state, forum, needed_for(&message.draft))?;
    let thread = state.post_in_forum(&thread, message.draft);
    let found = channel_to_send_in(state, thread, Permissions::NONE)?;
    let mut json = wire::channel(&state.world, found);
    json["message"] = shown(state, visible_message(state, thread, thread)?);
    Ok(Json(json))
}

/// The fields of every thread.
fn checked<'a>(
    state: &Inner,
    place: (Snowflake, Snowflake),
    body: &'a Value,
) -> Result<NewThread<'a>, ApiError> {
    let mut errors = FormErrors::default();
    check_name(&body["name"], &mut errors);
    let auto_archive_minutes = auto_archive(body, &mut errors);
    errors.into_result()?;
    Ok(NewThread {
        place,
        from: None,
        owner: state.world.bot,
        name: body["name"].as_str().unwrap_or_default(),
        auto_archive_minutes,
        applied_tags: Vec::new(),
    })
}

/// The `applied_tags` of a post, which must be tags of its forum.
pub(super) fn applied_tags(
    forum: &Channel,
    body: &Value,
    errors: &mut FormErrors,
) -> Option<Vec<Snowflake>> {
    let sent = body["applied_tags"].as_array()?;
    if sent.len() > MAX_TAGS {
        errors.too_long("applied_tags", MAX_TAGS);
    }
    let mut tags = Vec::new();
    for (index, tag) in sent.iter().enumerate() {
        match snowflake(tag).filter(|id| forum.tags.iter().any(|tag| tag.id == *id)) {
            Some(id) => tags.push(id),
            None => errors.add(
                &format!("applied_tags.{index}"),
                "UNKNOWN_TAG",
                "Unknown tag",
            ),
        }
    }
    Some(tags)
}
