//! Users, members, channels and guilds as JSON.

use serde_json::{Value, json};

use crate::{
    Snowflake,
    clock::iso8601,
    world::{Channel, ChannelKind, Guild, User, World},
};

/// Every permission there is, which is what the bot has here.
pub(super) const ALL_PERMISSIONS: &str = "2251799813685247";

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

/// A user by id; a deleted account if there is none.
pub(super) fn user_by_id(world: &World, id: Snowflake) -> Value {
    world.user(id).map_or_else(
        || json!({ "id": id, "username": "deleted_user", "discriminator": "0", "avatar": null, "global_name": null }),
        user,
    )
}

/// A member, without the user in it.
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

pub(crate) fn channel(world: &World, channel: &Channel) -> Value {
    let last = world
        .messages(channel.id)
        .next_back()
        .map(|message| message.id);
    match channel.kind {
        ChannelKind::Text { guild } => json!({
            "id": channel.id, "type": 0, "guild_id": guild, "name": channel.name, "position": 0,
            "permission_overwrites": [], "topic": null, "nsfw": false, "parent_id": null,
            "rate_limit_per_user": 0, "last_message_id": last, "flags": 0,
        }),
        ChannelKind::Thread { guild, parent } => json!({
            "id": channel.id, "type": 11, "guild_id": guild, "parent_id": parent,
            "name": channel.name, "owner_id": world.bot, "last_message_id": last,
            "rate_limit_per_user": 0, "message_count": world.messages(channel.id).count(),
            "member_count": 2, "flags": 0, "total_message_sent": world.messages(channel.id).count(),
            "thread_metadata": {
                "archived": false, "auto_archive_duration": 1440, "locked": false,
                "archive_timestamp": iso8601(channel.id.unix_ms()),
                "create_timestamp": iso8601(channel.id.unix_ms()),
            },
        }),
        ChannelKind::Direct { user } => json!({
            "id": channel.id, "type": 1, "last_message_id": last, "flags": 0,
            "recipients": [user_by_id(world, user)],
        }),
    }
}

/// A guild as `GUILD_CREATE` brings it.
pub(crate) fn guild(world: &World, guild: &Guild) -> Value {
    let here = |threads: bool| -> Vec<Value> {
        world
            .channels
            .iter()
            .filter(|channel| channel.guild() == Some(guild.id))
            .filter(|channel| matches!(channel.kind, ChannelKind::Thread { .. }) == threads)
            .map(|found| channel(world, found))
            .collect()
    };
    let members: Vec<_> = guild
        .members
        .iter()
        .map(|found| {
            let mut member = member(guild, found.user);
            member["user"] = user_by_id(world, found.user);
            member
        })
        .collect();
    let everyone = role(guild.id, "@everyone", 0);
    let roles: Vec<_> = std::iter::once(everyone)
        .chain(
            guild
                .roles
                .iter()
                .map(|found| role(found.id, &found.name, 1)),
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
        "channels": here(false), "threads": here(true), "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    })
}

fn role(id: Snowflake, name: &str, position: u64) -> Value {
    json!({
        "id": id, "name": name, "color": 0, "hoist": false, "icon": null, "unicode_emoji": null,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "position": position, "permissions": "0", "managed": false, "mentionable": true, "flags": 0,
    })
}
