//! Reactions to messages.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ApiError,
    access::{active_message, require, visible_channel, visible_message},
    error::invalid,
    extract::{Path, Query},
};
use crate::{
    Permissions, Snowflake,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
};

/// How many different emoji a message can have.
const MAX_EMOJI: usize = 20;

/// The channel, the message and the emoji in a path.
type Place = (Snowflake, Snowflake, String);

/// `PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me`.
pub(super) async fn add(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<Place>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        check_emoji(&emoji)?;
        let found = active_message(state, channel, message)?;
        let place = visible_channel(state, channel)?;
        require(state, place, Permissions::READ_MESSAGE_HISTORY)?;
        let is_new = found.reactions.iter().all(|other| other.emoji != emoji);
        if is_new {
            require(state, place, Permissions::ADD_REACTIONS)?;
            if found.reactions.len() >= MAX_EMOJI {
                return Err(ApiError::too_many_reactions());
            }
        }
        let bot = state.world.bot;
        set(state, message, bot, emoji, true);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me`.
pub(super) async fn remove_own(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<Place>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        check_emoji(&emoji)?;
        active_message(state, channel, message)?;
        let bot = state.world.bot;
        set(state, message, bot, emoji, false);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/{user}`.
pub(super) async fn remove_of_user(
    State(shared): State<Shared>,
    Path((channel, message, emoji, user)): Path<(Snowflake, Snowflake, String, Snowflake)>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        check_emoji(&emoji)?;
        may_clear(state, channel, message)?;
        set(state, message, user, emoji, false);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `DELETE /channels/{channel}/messages/{message}/reactions/{emoji}`.
pub(super) async fn clear_emoji(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<Place>,
) -> Result<StatusCode, ApiError> {
    check_emoji(&emoji)?;
    clear(&shared, channel, message, Some(emoji))
}

/// `DELETE /channels/{channel}/messages/{message}/reactions`.
pub(super) async fn clear_all(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
) -> Result<StatusCode, ApiError> {
    clear(&shared, channel, message, None)
}

fn clear(
    shared: &Shared,
    channel: Snowflake,
    message: Snowflake,
    emoji: Option<String>,
) -> Result<StatusCode, ApiError> {
    shared.change(|state| {
        may_clear(state, channel, message)?;
        state.world.clear_reactions(message, emoji.as_deref());
        state.publish(&Event::ReactionsCleared { message, emoji });
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Which of the users who reacted are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    after: Option<Snowflake>,
    limit: Option<usize>,
}

/// `GET /channels/{channel}/messages/{message}/reactions/{emoji}`: who reacted, by id.
pub(super) async fn list(
    State(shared): State<Shared>,
    Path((channel, message, emoji)): Path<Place>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Value>>, ApiError> {
    check_emoji(&emoji)?;
    let limit = range.limit.unwrap_or(25);
    if !(1..=100).contains(&limit) {
        let message = "int value should be between 1 and 100 inclusive.";
        return Err(invalid("limit", "NUMBER_TYPE_RANGE", message));
    }
    shared.read(|state| {
        let found = visible_message(state, channel, message)?;
        let reaction = found.reactions.iter().find(|other| other.emoji == emoji);
        let mut users = reaction.map_or_else(Vec::new, |reaction| reaction.users.clone());
        users.sort_unstable();
        let users = users.into_iter();
        let users = users.filter(|user| range.after.is_none_or(|after| *user > after));
        let users = users.filter_map(|user| state.world.user(user).map(wire::user));
        Ok(Json(users.take(limit).collect()))
    })
}

fn may_clear(state: &Inner, channel: Snowflake, message: Snowflake) -> Result<(), ApiError> {
    active_message(state, channel, message)?;
    let place = visible_channel(state, channel)?;
    require(state, place, Permissions::MANAGE_MESSAGES)
}

fn set(state: &mut Inner, message: Snowflake, user: Snowflake, emoji: String, added: bool) {
    if state.world.react(message, user, &emoji, added) {
        state.publish(&Event::Reaction {
            message,
            user,
            emoji,
            added,
        });
    }
}

/// An emoji is a character beyond ASCII (a keycap begins with an ASCII one), or `name:id`.
fn check_emoji(emoji: &str) -> Result<(), ApiError> {
    let valid = match emoji.split_once(':') {
        Some((name, id)) => !name.is_empty() && id.parse::<Snowflake>().is_ok(),
        None => !emoji.is_ascii() && !emoji.contains(|c: char| c.is_ascii_alphabetic()),
    };
    if valid {
        Ok(())
    } else {
        Err(ApiError::unknown_emoji())
    }
}
