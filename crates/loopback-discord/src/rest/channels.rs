//! Channels and guilds.

use std::time::Instant;

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::Value;

use super::{
    ApiError,
    access::{channel_with, has, require, visible_channel},
    error::{FormErrors, invalid},
    extract::Path,
    middleware::Payload,
    payload::snowflake,
    threads::applied_tags,
};
use crate::{
    Channel, ChannelKind, Permissions, Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
    world::ChannelPatch,
};

/// The values of `auto_archive_duration`, in minutes.
const AUTO_ARCHIVE_MINUTES: [u64; 4] = [60, 1440, 4320, 10080];

/// `GET /channels/{channel}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = visible_channel(state, channel)?;
        Ok(Json(wire::channel(&state.world, found)))
    })
}

/// `PATCH /channels/{channel}`: the name, and whether a thread is archived or locked.
pub(super) async fn edit(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = visible_channel(state, channel)?;
        let parent = found
            .parent()
            .and_then(|parent| state.world.channel(parent));
        let forum = parent.filter(|parent| parent.is_forum());
        let patch = check_patch(&payload.json, found, forum)?;
        may_edit(state, found, &patch)?;
        if patch.name.is_some()
            && let Some(wait) = state.rate_limits.count_rename(channel, Instant::now())
        {
            return Err(ApiError::rate_limited(wait));
        }
        let bot = state.world.bot;
        state.edit_channel(channel, bot, patch);
        let found = visible_channel(state, channel)?;
        Ok(Json(wire::channel(&state.world, found)))
    })
}

/// `forum` is the one that the channel is a post of, if it is one.
fn check_patch(
    body: &Value,
    channel: &Channel,
    forum: Option<&Channel>,
) -> Result<ChannelPatch, ApiError> {
    let mut errors = FormErrors::default();
    let name = body.get("name").map(|name| {
        check_name(name, &mut errors);
        let name = name.as_str().unwrap_or_default();
        match channel.kind {
            ChannelKind::Text { .. } | ChannelKind::Forum { .. } => normalized(name),
            ChannelKind::Thread { .. } | ChannelKind::Direct { .. } => name.to_owned(),
        }
    });
    let auto_archive_minutes = auto_archive(body, &mut errors);
    let applied_tags = forum.and_then(|forum| applied_tags(forum, body, &mut errors));
    let mut flag = |field: &str| match &body[field] {
        Value::Null => None,
        Value::Bool(value) => Some(*value),
        _ => {
            errors.wrong_type(field, "bool");
            None
        }
    };
    let patch = ChannelPatch {
        name,
        archived: flag("archived"),
        locked: flag("locked"),
        auto_archive_minutes,
        applied_tags,
    };
    errors.into_result()?;
    Ok(patch)
}

/// The name of a channel or thread has 1 to 100 characters.
pub(super) fn check_name(name: &Value, errors: &mut FormErrors) {
    match name.as_str() {
        Some(text) if (1..=100).contains(&text.chars().count()) => {}
        Some(_) => errors.bad_length("name", 1, 100),
        None if name.is_null() => errors.required("name"),
        None => errors.wrong_type("name", "string"),
    }
}

pub(super) fn auto_archive(body: &Value, errors: &mut FormErrors) -> Option<u64> {
    let minutes = &body["auto_archive_duration"];
    let known = minutes
        .as_u64()
        .filter(|minutes| AUTO_ARCHIVE_MINUTES.contains(minutes));
    if known.is_none() && !minutes.is_null() {
        let message = "Value must be one of (60, 1440, 4320, 10080).";
        errors.add("auto_archive_duration", "BASE_TYPE_CHOICES", message);
    }
    known
}

/// A text channel's name as Discord stores it.
fn normalized(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join("-")
}

/// Who may change what (Discord developer docs, "Editing and deleting threads").
fn may_edit(state: &Inner, channel: &Channel, patch: &ChannelPatch) -> Result<(), ApiError> {
    match (channel.kind, &channel.thread) {
        (ChannelKind::Direct { .. }, _) => Err(ApiError::direct_channel()),
        (_, None) => require(state, channel, Permissions::MANAGE_CHANNELS),
        (_, Some(thread)) => {
            let manages = has(state, channel, Permissions::MANAGE_THREADS);
            let owns = thread.owner == state.world.bot;
            if thread.archived && patch.archived != Some(false) {
                return Err(ApiError::thread_archived());
            }
            let unarchives = patch.archived == Some(false)
                && patch.name.is_none()
                && patch.auto_archive_minutes.is_none()
                && has(state, channel, channel.permission_to_send());
            let allowed =
                manages || (patch.locked.is_none() && !thread.locked && (owns || unarchives));
            if allowed {
                Ok(())
            } else {
                Err(ApiError::missing_permissions())
            }
        }
    }
}

/// `DELETE /channels/{channel}`. Closing a direct message channel only hides it, so it stays here.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = visible_channel(state, channel)?;
        let gone = wire::channel(&state.world, found);
        match found.kind {
            ChannelKind::Direct { .. } => return Ok(Json(gone)),
            ChannelKind::Text { .. } | ChannelKind::Forum { .. } => {
                require(state, found, Permissions::MANAGE_CHANNELS)?;
            }
            ChannelKind::Thread { .. } => require(state, found, Permissions::MANAGE_THREADS)?,
        }
        state.delete_channel(channel);
        Ok(Json(gone))
    })
}

/// `POST /channels/{channel}/typing`.
pub(super) async fn typing(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        let needed = visible_channel(state, channel)?.permission_to_send();
        channel_with(state, channel, needed)?;
        let user = state.world.bot;
        state.publish(&Event::Typing { channel, user });
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `POST /users/@me/channels`: the direct message channel with a user.
pub(super) async fn open_direct(
    State(shared): State<Shared>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    let Some(user) = snowflake(&payload.json["recipient_id"]) else {
        let message = "This field is required";
        return Err(invalid("recipient_id", "BASE_TYPE_REQUIRED", message));
    };
    shared.change(|state| {
        if state.world.user(user).is_none() {
            return Err(ApiError::unknown_user());
        }
        // Bots cannot write to each other (Discord's answer to that is the same).
        if state.world.user(user).is_some_and(|user| user.bot) {
            return Err(ApiError::dms_closed());
        }
        let id = state.world.open_direct(user, clock::unix_ms());
        state.publish(&Event::PageStale);
        let found = visible_channel(state, id)?;
        Ok(Json(wire::channel(&state.world, found)))
    })
}

/// `GET /users/@me/guilds`: what fits on one page.
pub(super) async fn own_guilds(State(shared): State<Shared>) -> Json<Value> {
    let guilds = shared.read(|state| {
        let guilds = state.world.guilds.iter();
        let partial = |guild: &crate::world::Guild| {
            serde_json::json!({
                "id": guild.id, "name": guild.name, "icon": null, "owner": false,
                "permissions": Permissions::EVERYONE.bits().to_string(), "features": [],
            })
        };
        guilds.map(partial).collect()
    });
    Json(Value::Array(guilds))
}

/// `GET /guilds/{guild}`.
pub(super) async fn guild(
    State(shared): State<Shared>,
    Path(guild): Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = state.world.guild(guild);
        let found = found.ok_or_else(ApiError::unknown_guild)?;
        Ok(Json(wire::guild(&state.world, found)))
    })
}

/// `GET /guilds/{guild}/channels`: without threads.
pub(super) async fn guild_channels(
    state: State<Shared>,
    path: Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    let Json(mut guild) = guild(state, path).await?;
    Ok(Json(guild["channels"].take()))
}

/// `GET /guilds/{guild}/roles`.
pub(super) async fn guild_roles(
    state: State<Shared>,
    path: Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    let Json(mut guild) = guild(state, path).await?;
    Ok(Json(guild["roles"].take()))
}

/// `GET /guilds/{guild}/members/{user}`.
pub(super) async fn member(
    State(shared): State<Shared>,
    Path((guild, user)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let guild = state.world.guild(guild);
        let guild = guild.ok_or_else(ApiError::unknown_guild)?;
        let found = state.world.user(user);
        let is_bot = user == state.world.bot;
        let found = found.filter(|_| is_bot || guild.member(user).is_some());
        let found = found.ok_or_else(ApiError::unknown_member)?;
        let mut member = wire::member(guild, user);
        if is_bot {
            let roles = guild.roles.iter().filter(|role| role.bot == Some(user));
            member["roles"] = roles.map(|role| serde_json::json!(role.id)).collect();
        }
        member["user"] = wire::user(found);
        Ok(Json(member))
    })
}
