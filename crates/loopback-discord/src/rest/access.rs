//! What the bot may see and do.

use super::ApiError;
use crate::{Channel, ChannelKind, Message, Permissions, Snowflake, shared::State};

/// A channel that the bot sees.
pub(super) fn visible_channel(state: &State, id: Snowflake) -> Result<&Channel, ApiError> {
    let found = state.world.channel(id);
    let found = found.ok_or_else(ApiError::unknown_channel)?;
    if state.world.bot_sees(id) {
        Ok(found)
    } else {
        Err(ApiError::missing_access())
    }
}

/// A channel in which the bot has the given permissions.
pub(super) fn channel_with(
    state: &State,
    id: Snowflake,
    needed: Permissions,
) -> Result<&Channel, ApiError> {
    let found = visible_channel(state, id)?;
    require(state, found, needed)?;
    Ok(found)
}

/// An error unless the bot has the given permissions in a channel.
pub(super) fn require(
    state: &State,
    channel: &Channel,
    needed: Permissions,
) -> Result<(), ApiError> {
    if has(state, channel, needed) {
        Ok(())
    } else {
        Err(ApiError::missing_permissions())
    }
}

/// Whether the bot has the given permissions in a channel.
pub(super) fn has(state: &State, channel: &Channel, needed: Permissions) -> bool {
    state.world.bot_permissions(channel).contains(needed)
}

/// A channel in which the bot can send a message with the given permissions beside.
pub(super) fn channel_to_send_in(
    state: &State,
    id: Snowflake,
    beside: Permissions,
) -> Result<&Channel, ApiError> {
    let channel = visible_channel(state, id)?;
    if channel.is_forum() {
        return Err(ApiError::forum());
    }
    require(state, channel, channel.permission_to_send() | beside)?;
    if let ChannelKind::Direct { user } = channel.kind
        && state.world.user(user).is_some_and(|user| !user.accepts_dms)
    {
        return Err(ApiError::dms_closed());
    }
    if let Some(thread) = &channel.thread
        && thread.locked
        && !has(state, channel, Permissions::MANAGE_THREADS)
    {
        return Err(if thread.archived {
            ApiError::thread_archived()
        } else {
            ApiError::thread_locked()
        });
    }
    Ok(channel)
}

/// A message in a channel that the bot sees. Ephemeral messages exist only for the interaction's
/// token.
pub(super) fn visible_message(
    state: &State,
    channel: Snowflake,
    id: Snowflake,
) -> Result<&Message, ApiError> {
    visible_channel(state, channel)?;
    let here = |message: &&Message| message.channel == channel && message.ephemeral_to.is_none();
    let found = state.world.messages.get(&id).filter(here);
    found.ok_or_else(ApiError::unknown_message)
}

/// As [`visible_message`], in a channel that is not an archived thread.
pub(super) fn active_message(
    state: &State,
    channel: Snowflake,
    id: Snowflake,
) -> Result<&Message, ApiError> {
    let found = visible_message(state, channel, id)?;
    if visible_channel(state, channel)?.is_archived() {
        return Err(ApiError::thread_archived());
    }
    Ok(found)
}
