//! Interactions as JSON.

use serde_json::{Value, json};

use super::{
    message::message,
    place::{ALL_PERMISSIONS, channel, member, user_by_id},
};
use crate::world::{Interaction, InteractionKind, World};

/// The `d` of `INTERACTION_CREATE`.
pub(crate) fn interaction(world: &World, asked: &Interaction) -> Value {
    let place = world.channel(asked.channel);
    let guild = place
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id));
    let mut json = json!({
        "id": asked.id,
        "application_id": world.application.id,
        "token": asked.token,
        "version": 1,
        "channel_id": asked.channel,
        "channel": place.map(|place| channel(world, place)),
        "app_permissions": ALL_PERMISSIONS,
        "locale": "en-US",
        "entitlements": [],
        "attachment_size_limit": 10 * 1024 * 1024,
        "context": u8::from(guild.is_none()),
    });
    let who = user_by_id(world, asked.user);
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.id);
        json["guild_locale"] = json!("en-US");
        json["guild"] = json!({ "id": guild.id, "locale": "en-US", "features": [] });
        json["authorizing_integration_owners"] = json!({ "0": guild.id });
        json["member"] = member(guild, asked.user);
        json["member"]["user"] = who;
        json["member"]["permissions"] = json!(ALL_PERMISSIONS);
    } else {
        json["authorizing_integration_owners"] = json!({ "0": "0" });
        json["user"] = who;
    }
    if let Some(on) = asked.message().and_then(|id| world.messages.get(&id)) {
        json["message"] = message(world, on, false);
    }
    match &asked.kind {
        InteractionKind::Command {
            command,
            name,
            options,
        } => {
            json["type"] = json!(2);
            json["data"] = json!({ "id": command, "name": name, "type": 1, "options": options });
        }
        InteractionKind::Component {
            custom_id,
            kind,
            values,
            ..
        } => {
            json["type"] = json!(3);
            json["data"] = json!({ "custom_id": custom_id, "component_type": kind });
            if *kind != 2 {
                json["data"]["values"] = json!(values);
            }
        }
        InteractionKind::Modal {
            custom_id,
            components,
            ..
        } => {
            json["type"] = json!(5);
            json["data"] = json!({ "custom_id": custom_id, "components": components });
        }
    }
    json
}
