//! The application, its commands, and what a session starts with.

use serde_json::{Value, json};

use super::place::{user, user_by_id};
use crate::{
    Snowflake,
    gateway::SESSION_START_TOTAL,
    shared::Shards,
    world::{Guild, World},
};

/// Flag of an app in fewer than 100 guilds with the message content intent enabled.
const MESSAGE_CONTENT_LIMITED: u64 = 1 << 19;

/// The application as `GET /oauth2/applications/@me` returns it.
pub(crate) fn application(world: &World) -> Value {
    let app = &world.application;
    let name = world.user(world.bot).map(|bot| bot.display_name.as_str());
    let owner = match &app.team {
        // An app of a team is owned by a user that represents the team (Discord developer docs, "Teams").
        Some(_) => json!({
            "id": app.team_id, "username": format!("team{}", app.team_id), "discriminator": "0000",
            "avatar": null, "global_name": null, "public_flags": 1024, "flags": 1024,
        }),
        None => user_by_id(world, app.owner),
    };
    let team = app.team.as_ref().map(|members| {
        let member = |id: &Snowflake| {
            json!({
                "membership_state": 2, "permissions": ["*"], "team_id": app.team_id,
                "role": "admin", "user": user_by_id(world, *id),
            })
        };
        json!({
            "id": app.team_id, "icon": null, "name": "The team", "owner_user_id": members.first(),
            "members": members.iter().map(member).collect::<Vec<_>>(),
        })
    });
    json!({
        "id": app.id, "name": name, "icon": null, "description": "", "bot_public": false,
        "bot_require_code_grant": false, "verify_key": "00".repeat(32), "owner": owner,
        "team": team, "flags": flags(world), "tags": [], "summary": "", "redirect_uris": [],
        "interactions_endpoint_url": null, "role_connections_verification_url": null,
        "approximate_guild_count": world.guilds.len(), "approximate_user_install_count": 0,
        "bot": world.user(world.bot).map(user),
    })
}

/// A registered command as Discord returns it.
pub(crate) fn command(
    world: &World,
    id: Snowflake,
    sent: &Value,
    guild: Option<Snowflake>,
) -> Value {
    let mut json = json!({
        "id": id, "application_id": world.application.id, "version": id, "type": 1,
        "default_member_permissions": null, "nsfw": false, "dm_permission": true,
        "contexts": null, "integration_types": [0], "description": "",
    });
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild);
    }
    if let (Some(json), Some(sent)) = (json.as_object_mut(), sent.as_object()) {
        let sent = sent.iter().filter(|(_, value)| !value.is_null());
        json.extend(sent.map(|(key, value)| (key.clone(), value.clone())));
    }
    json
}

/// The `d` of READY.
pub(crate) fn ready(
    world: &World,
    guilds: &[&Guild],
    session: &str,
    resume_url: &str,
    shard: Option<&Value>,
) -> Value {
    let guilds = guilds.iter();
    let mut bot = world.user(world.bot).map_or(Value::Null, user);
    bot["verified"] = json!(true);
    bot["mfa_enabled"] = json!(true);
    bot["email"] = Value::Null;
    json!({
        "v": 10,
        "user_settings": {},
        "user": bot,
        "guilds": guilds.map(|guild| json!({ "id": guild.id, "unavailable": true })).collect::<Vec<_>>(),
        "session_id": session,
        "session_type": "normal",
        "resume_gateway_url": resume_url,
        "shard": shard.cloned().unwrap_or_else(|| json!([0, 1])),
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "application": { "id": world.application.id, "flags": flags(world) },
        "_trace": ["loopback"],
    })
}

/// The response of `GET /gateway/bot`.
pub(crate) fn gateway_bot(url: &str, shards: Shards, remaining: u64, reset_after: u64) -> Value {
    json!({
        "url": url,
        "shards": shards.recommended,
        "session_start_limit": {
            "total": SESSION_START_TOTAL, "remaining": remaining,
            "reset_after": reset_after, "max_concurrency": shards.max_concurrency,
        },
    })
}

fn flags(world: &World) -> u64 {
    if world.application.message_content {
        MESSAGE_CONTENT_LIMITED
    } else {
        0
    }
}
