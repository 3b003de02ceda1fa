//! Channels and guilds.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{Refusal, intake::Payload, payload::snowflake, refusal::invalid};
use crate::{
    Channel, Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
};

/// The channel, if the bot can see it.
pub(super) fn channel_exists(state: &Inner, id: Snowflake) -> Result<&Channel, Refusal> {
    let found = state.world.channel(id);
    found.ok_or_else(Refusal::unknown_channel)
}

/// `GET /channels/{channel}`.
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<Json<Value>, Refusal> {
    shared.read(|state| {
        let found = channel_exists(state, channel)?;
        Ok(Json(wire::channel(&state.world, found)))
    })
}

/// `POST /channels/{channel}/typing`.
pub(super) async fn typing(
    State(shared): State<Shared>,
    Path(channel): Path<Snowflake>,
) -> Result<StatusCode, Refusal> {
    shared.change(|state| {
        channel_exists(state, channel)?;
        let user = state.world.bot;
        state.publish(&Event::Typing { channel, user });
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `POST /users/@me/channels`: the direct message channel with a user.
pub(super) async fn open_direct(
    State(shared): State<Shared>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, Refusal> {
    let Some(user) = snowflake(&payload.json["recipient_id"]) else {
        let message = "This field is required";
        return Err(invalid("recipient_id", "BASE_TYPE_REQUIRED", message));
    };
    shared.change(|state| {
        if state.world.user(user).is_none() {
            return Err(Refusal::unknown_user());
        }
        let id = state.world.direct(user, clock::unix_ms());
        let found = channel_exists(state, id)?;
        Ok(Json(wire::channel(&state.world, found)))
    })
}

/// `GET /guilds/{guild}`.
pub(super) async fn guild(
    State(shared): State<Shared>,
    Path(guild): Path<Snowflake>,
) -> Result<Json<Value>, Refusal> {
    shared.read(|state| {
        let found = state.world.guild(guild);
        let found = found.ok_or_else(Refusal::unknown_guild)?;
        Ok(Json(wire::guild(&state.world, found)))
    })
}

/// `GET /guilds/{guild}/members/{user}`.
pub(super) async fn member(
    State(shared): State<Shared>,
    Path((guild, user)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Value>, Refusal> {
    shared.read(|state| {
        let found = state.world.guild(guild);
        let found = found.ok_or_else(Refusal::unknown_guild)?;
        let who = state.world.user(user);
        let who = who.filter(|_| found.member(user).is_some());
        let who = who.ok_or_else(Refusal::unknown_member)?;
        let mut member = wire::member(found, user);
        member["user"] = wire::user(who);
        Ok(Json(member))
    })
}
