//! Users, members, channels and guilds as JSON.

use serde_json::{Value, json};

use crate::{
    Snowflake,
    clock::iso8601,
    world::{Channel, ChannelKind, Guild, Permissions, Role, Thread, User, World},
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
        ChannelKind::Forum { .. } => 15,
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
        ChannelKind::Forum { guild } => json!({
            "guild_id": guild, "name": channel.name, "position": 0, "topic": null, "nsfw": false,
            "parent_id": null, "rate_limit_per_user": 0, "default_reaction_emoji": null,
            "default_sort_order": null, "default_forum_layout": 0,
            "available_tags": channel.tags.iter().map(|tag| json!({
                "id": tag.id, "name": tag.name, "moderated": false, "emoji_id": null, "emoji_name": null,
            })).collect::<Vec<_>>(),
            "permission_overwrites": overwrites(world, channel),
        }),
        ChannelKind::Thread { guild, parent } => {
            let count = world.messages(channel.id).count();
            let in_forum = world.channel(parent).is_some_and(Channel::is_forum);
            let state = channel.thread.as_ref();
            let mut json = json!({
                "guild_id": guild, "parent_id": parent, "name": channel.name,
                "owner_id": state.map(|thread| thread.owner),
                "rate_limit_per_user": 0, "message_count": count, "total_message_sent": count,
                "member_count": state.map_or(0, |thread| thread.members.len()),
                "thread_metadata": state.map(|thread| metadata(channel, thread)),
            });
            if in_forum {
                json["applied_tags"] = json!(state.map(|thread| &thread.applied_tags));
            }
            if state.is_some_and(|thread| thread.members.contains(&world.bot)) {
                json["member"] = thread_member(channel, world.bot);
            }
            json
        }
        ChannelKind::Direct { user } => json!({ "recipients": [user_by_id(world, user)] }),
    };
    extend(&mut json, more);
    json
}

/// A user's membership in a thread.
pub(crate) fn thread_member(thread: &Channel, user: Snowflake) -> Value {
    json!({
        "id": thread.id, "user_id": user, "join_timestamp": iso8601(thread.id.unix_ms()), "flags": 0,
    })
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
    let everyone = Role {
        id: guild.id,
        name: "@everyone".to_owned(),
        permissions: Permissions::EVERYONE,
        bot: None,
    };
    let roles = std::iter::once(&everyone).chain(&guild.roles);
    let roles: Vec<_> = roles
        .zip(0..)
        .map(|(found, place)| role(found, place))
        .collect();
    json!({
        "id": guild.id, "name": guild.name, "icon": null, "splash": null, "discovery_splash": null,
        "owner_id": guild.owner, "afk_channel_id": null, "afk_timeout": 300,
        "widget_enabled": false, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "roles": roles, "emojis": [], "features": [], "mfa_level": 0,
        "application_id": null, "system_channel_id": null, "system_channel_flags": 0,
        "rules_channel_id": null, "max_members": 500_000, "vanity_url_code": null,
        "description": null, "banner": null, "premium_tier": world.premium_tier, "premium_subscription_count": 0,
        "preferred_locale": "en-US", "public_updates_channel_id": null, "nsfw_level": 0,
        "stickers": [], "premium_progress_bar_enabled": false,
        "joined_at": iso8601(guild.id.unix_ms()), "large": false, "unavailable": false,
        "member_count": members.len(), "voice_states": [], "members": members,
        "channels": text, "threads": threads, "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    })
}

/// The data of `GUILD_ROLE_UPDATE`.
pub(crate) fn role_event(guild: &Guild, id: Snowflake) -> Option<Value> {
    let mut roles = guild.roles.iter().zip(1..);
    let (found, place) = roles.find(|(found, _)| found.id == id)?;
    Some(json!({ "guild_id": guild.id, "role": role(found, place) }))
}

fn role(found: &Role, position: u64) -> Value {
    let mut json = json!({
        "id": found.id, "name": found.name, "color": 0, "hoist": false, "icon": null, "unicode_emoji": null,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "position": position, "permissions": found.permissions.bits().to_string(),
        "managed": found.bot.is_some(), "mentionable": found.bot.is_none(), "flags": 0,
    });
    if let Some(bot) = found.bot {
        json["tags"] = json!({ "bot_id": bot });
    }
    json
}
