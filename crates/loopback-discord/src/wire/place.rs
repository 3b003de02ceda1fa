//! Users, members, channels and guilds as JSON.

use serde_json::{Value, json};

use crate::{
    Snowflake,
    clock::iso8601,
    world::{Channel, ChannelKind, Guild, Permissions, Thread, User, World},
};

pub(crate) fn user(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.name,
        "discriminator": if user.bot { "4242" } else { "0" },
        "global_name": if user.bot { Value::Null } else { json!(user.display_name) },
        "avatar": null,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
    })
}

/// A user by id; a deleted account if the id is unknown.
pub(super) fn user_by_id(world: &World, id: Snowflake) -> Value {
    world.user(id).map_or_else(
        || json!({ "id": id, "username": "deleted_user", "discriminator": "0", "avatar": null, "global_name": null }),
        user,
    )
}

/// A member, without the `user` field.
pub(crate) fn member(guild: &Guild, user: Snowflake) -> Value {
    let roles = guild
        .member(user)
        .map(|member| member.roles.clone())
        .unwrap_or_default();
    json!({
        "roles": roles,
        "nick": null,
        "avatar": null,
        "joined_at": iso8601(guild.id.unix_ms()),
        "premium_since": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
        "communication_disabled_until": null,
    })
}

/// The type of a channel (Discord developer docs, "Channel types").
pub(super) fn type_number(channel: &Channel) -> u8 {
    match channel.kind {
        ChannelKind::Text { .. } => 0,
        ChannelKind::Direct { .. } => 1,
        ChannelKind::Thread { .. } => 11,
    }
}

pub(crate) fn channel(world: &World, channel: &Channel) -> Value {
    let last = world
        .messages(channel.id)
        .next_back()
        .map(|message| message.id);
    let mut json = json!({
        "id": channel.id, "type": type_number(channel), "last_message_id": last, "flags": 0,
    });
    let more = match channel.kind {
        ChannelKind::Text { guild } => json!({
            "guild_id": guild, "name": channel.name, "position": 0, "topic": null, "nsfw": false,
            "parent_id": null, "rate_limit_per_user": 0,
            "permission_overwrites": overwrites(world, channel),
        }),
        ChannelKind::Thread { guild, parent } => {
            let count = world.messages(channel.id).count();
            json!({
                "guild_id": guild, "parent_id": parent, "name": channel.name,
                "owner_id": channel.thread.as_ref().map(|thread| thread.owner),
                "rate_limit_per_user": 0, "message_count": count, "total_message_sent": count,
                "member_count": 2,
                "thread_metadata": channel.thread.as_ref().map(|thread| metadata(channel, thread)),
            })
        }
        ChannelKind::Direct { user } => json!({ "recipients": [user_by_id(world, user)] }),
    };
    extend(&mut json, more);
    json
}

fn metadata(channel: &Channel, thread: &Thread) -> Value {
    json!({
        "archived": thread.archived, "locked": thread.locked,
        "auto_archive_duration": thread.auto_archive_minutes,
        "archive_timestamp": iso8601(thread.archive_changed),
        "create_timestamp": iso8601(channel.id.unix_ms()),
    })
}

/// The permission overwrite for the bot (type 1: a member), if there is one.
fn overwrites(world: &World, channel: &Channel) -> Value {
    let overwrite = channel.overwrite;
    if overwrite.is_empty() {
        return json!([]);
    }
    json!([{
        "id": world.bot, "type": 1,
        "allow": overwrite.allow.bits().to_string(), "deny": overwrite.deny.bits().to_string(),
    }])
}

fn extend(json: &mut Value, more: Value) {
    if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
        json.extend(more);
    }
}

/// The data of `TYPING_START`.
pub(crate) fn typing(world: &World, place: Snowflake, by: Snowflake, unix_seconds: u64) -> Value {
    let mut json = json!({ "channel_id": place, "user_id": by, "timestamp": unix_seconds });
    let guild = world.channel(place).and_then(Channel::guild);
    if let Some(guild) = guild.and_then(|id| world.guild(id)) {
        json["member"] = member(guild, by);
        json["member"]["user"] = user_by_id(world, by);
    }
    json
}

/// The data of `THREAD_DELETE`.
pub(crate) fn deleted_thread(channel: &Channel) -> Value {
    json!({
        "id": channel.id, "guild_id": channel.guild(), "parent_id": channel.parent(),
        "type": type_number(channel),
    })
}

/// The data of `THREAD_LIST_SYNC` for one text channel.
pub(crate) fn thread_list_sync(world: &World, parent: &Channel) -> Value {
    let threads = world.active_threads(parent.id);
    json!({
        "guild_id": parent.guild(), "channel_ids": [parent.id], "members": [],
        "threads": threads.map(|thread| channel(world, thread)).collect::<Vec<_>>(),
    })
}

/// A guild as `GUILD_CREATE` contains it: with all channels, and the active threads that the bot
/// sees.
pub(crate) fn guild(world: &World, guild: &Guild) -> Value {
    let here = || {
        let channels = world.channels.iter();
        channels.filter(|channel| channel.guild() == Some(guild.id))
    };
    let text: Vec<_> = here()
        .filter(|found| found.thread.is_none())
        .map(|found| channel(world, found))
        .collect();
    let threads: Vec<_> = here()
        .filter(|found| found.thread.is_some() && !found.is_archived())
        .filter(|found| world.bot_sees(found.id))
        .map(|found| channel(world, found))
        .collect();
    let members: Vec<_> = guild
        .members
        .iter()
        .map(|found| {
            let mut member = member(guild, found.user);
            member["user"] = user_by_id(world, found.user);
            member
        })
        .collect();
    let everyone = role(guild.id, "@everyone", 0, Permissions::EVERYONE);
    let roles: Vec<_> = std::iter::once(everyone)
        .chain(
            guild
                .roles
                .iter()
                .map(|found| role(found.id, &found.name, 1, Permissions::NONE)),
        )
        .collect();
    json!({
        "id": guild.id, "name": guild.name, "icon": null, "splash": null, "discovery_splash": null,
        "owner_id": guild.owner, "afk_channel_id": null, "afk_timeout": 300,
        "widget_enabled": false, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "roles": roles, "emojis": [], "features": [], "mfa_level": 0,
        "application_id": null, "system_channel_id": null, "system_channel_flags": 0,
        "rules_channel_id": null, "max_members": 500_000, "vanity_url_code": null,
        "description": null, "banner": null, "premium_tier": 0, "premium_subscription_count": 0,
        "preferred_locale": "en-US", "public_updates_channel_id": null, "nsfw_level": 0,
        "stickers": [], "premium_progress_bar_enabled": false,
        "joined_at": iso8601(guild.id.unix_ms()), "large": false, "unavailable": false,
        "member_count": members.len(), "voice_states": [], "members": members,
        "channels": text, "threads": threads, "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    })
}

fn role(id: Snowflake, name: &str, position: u64, permissions: Permissions) -> Value {
    json!({
        "id": id, "name": name, "color": 0, "hoist": false, "icon": null, "unicode_emoji": null,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "position": position, "permissions": permissions.bits().to_string(), "managed": false, "mentionable": true, "flags": 0,
    })
}
