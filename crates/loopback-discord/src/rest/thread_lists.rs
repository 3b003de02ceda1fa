//! Which threads there are, and who is in them.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ApiError,
    access::{channel_with, visible_channel},
    error::invalid,
    extract::{Path, Query},
};
use crate::{
    Channel, Permissions, Snowflake,
    shared::{Shared, State as Inner},
    wire,
};

/// `GET /guilds/{guild}/threads/active`: newest first.
pub(super) async fn active(
    State(shared): State<Shared>,
    Path(guild): Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        state
            .world
            .guild(guild)
            .ok_or_else(ApiError::unknown_guild)?;
        let channels = state.world.channels.iter();
        let mut threads: Vec<_> = channels
            .filter(|found| found.guild() == Some(guild) && found.thread.is_some())
            .filter(|found| !found.is_archived() && state.world.bot_sees(found.id))
            .collect();
        threads.sort_by_key(|thread| std::cmp::Reverse(thread.id));
        Ok(Json(listed(state, &threads)))
    })
}

/// How many archived threads are asked for. The loopback knows no paging by time.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    limit: Option<usize>,
}

/// `GET /channels/{channel}/threads/archived/public`: last archived first.
pub(super) async fn archived(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
    Query(range): Query<Range>,
) -> Result<Json<Value>, ApiError> {
    let limit = range.limit.unwrap_or(50);
    if !(2..=100).contains(&limit) {
        let message = "int value should be between 2 and 100 inclusive.";
        return Err(invalid("limit", "NUMBER_TYPE_RANGE", message));
    }
    shared.read(|state| {
        channel_with(state, channel, Permissions::READ_MESSAGE_HISTORY)?;
        let channels = state.world.channels.iter();
        let mut threads: Vec<_> = channels
            .filter(|found| found.parent() == Some(channel) && found.is_archived())
            .collect();
        let archived =
            |thread: &&Channel| thread.thread.as_ref().map(|state| state.archive_changed);
        threads.sort_by_key(|thread| std::cmp::Reverse(archived(thread)));
        let has_more = threads.len() > limit;
        threads.truncate(limit);
        let mut json = listed(state, &threads);
        json["has_more"] = json!(has_more);
        Ok(Json(json))
    })
}

/// Threads, and the bot's memberships in them.
fn listed(state: &Inner, threads: &[&Channel]) -> Value {
    let world = &state.world;
    let joined = threads.iter().filter(|thread| is_in(thread, world.bot));
    json!({
        "threads": threads.iter().map(|found| wire::channel(world, found)).collect::<Vec<_>>(),
        "members": joined.map(|found| wire::thread_member(found, world.bot)).collect::<Vec<_>>(),
    })
}

fn is_in(thread: &Channel, user: Snowflake) -> bool {
    let state = thread.thread.as_ref();
    state.is_some_and(|state| state.members.contains(&user))
}

/// `PUT /channels/{channel}/thread-members/@me`.
pub(super) async fn join(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<StatusCode, ApiError> {
    set(&shared, (channel, None), true)
}

/// `DELETE /channels/{channel}/thread-members/@me`.
pub(super) async fn leave(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<StatusCode, ApiError> {
    set(&shared, (channel, None), false)
}

/// `PUT /channels/{channel}/thread-members/{user}`.
pub(super) async fn add(
    State(shared): State<Shared>,
    Path((channel, user)): Path<(Snowflake, Snowflake)>,
) -> Result<StatusCode, ApiError> {
    set(&shared, (channel, Some(user)), true)
}

/// A user, or else the bot, joins or leaves a thread.
fn set(
    shared: &Shared,
    (channel, user): (Snowflake, Option<Snowflake>),
    joined: bool,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        let found = visible_channel(state, channel)?;
        if found.thread.is_none() {
            return Err(ApiError::wrong_channel_type());
        }
        if found.is_archived() {
            return Err(ApiError::thread_archived());
        }
        let user = user.unwrap_or(state.world.bot);
        let guild = found.guild().and_then(|guild| state.world.guild(guild));
        if guild.is_none_or(|guild| guild.member(user).is_none()) {
            return Err(ApiError::unknown_member());
        }
        state.world.join_thread(channel, user, joined);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `GET /channels/{channel}/thread-members/{user}`.
pub(super) async fn member(
    State(shared): State<Shared>,
    Path((channel, user)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = visible_channel(state, channel)?;
        if !is_in(found, user) {
            return Err(ApiError::unknown_member());
        }
        Ok(Json(wire::thread_member(found, user)))
    })
}
