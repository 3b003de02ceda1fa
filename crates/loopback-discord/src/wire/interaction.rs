//! Interactions as JSON.

use serde_json::{Value, json};

use super::{
    message::message,
    place::{channel, member, user_by_id},
};
use crate::world::{Interaction, InteractionKind, Permissions, World};

/// The `d` of `INTERACTION_CREATE`.
pub(crate) fn interaction(world: &World, found: &Interaction) -> Value {
    let place = world.channel(found.channel);
    let guild = place
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id));
    let permissions = place.map_or(Permissions::NONE, |place| world.bot_permissions(place));
    let mut json = json!({
        "id": found.id,
        "application_id": world.application.id,
        "type": found.type_number(),
        "data": data(world, &found.kind),
        "token": found.token,
        "version": 1,
        "channel_id": found.channel,
        "channel": place.map(|place| channel(world, place)),
        "app_permissions": permissions.bits().to_string(),
        "locale": "en-US",
        "entitlements": [],
        "attachment_size_limit": world.max_file_bytes(),
        "context": u8::from(guild.is_none()),
    });
    let user = user_by_id(world, found.user);
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.id);
        json["guild_locale"] = json!("en-US");
        json["guild"] = json!({ "id": guild.id, "locale": "en-US", "features": [] });
        json["authorizing_integration_owners"] = json!({ "0": guild.id });
        json["member"] = member(guild, found.user);
        json["member"]["user"] = user;
        json["member"]["permissions"] = json!(guild.permissions(found.user).bits().to_string());
    } else {
        json["authorizing_integration_owners"] = json!({ "0": "0" });
        json["user"] = user;
    }
    if let Some(on) = found.message().and_then(|id| world.messages.get(&id)) {
        json["message"] = message(world, on, false);
    }
    json
}

fn data(world: &World, kind: &InteractionKind) -> Value {
    match kind {
        InteractionKind::MessageCommand {
            command,
            name,
            target,
        } => {
            let mut resolved = json!({ "messages": {} });
            if let Some(on) = world.messages.get(target) {
                // Discord leaves the guild and the member out.
                resolved["messages"][target.to_string()] = message(world, on, false);
            }
            json!({
                "id": command, "name": name, "type": 3, "target_id": target, "resolved": resolved,
            })
        }
        InteractionKind::Command {
            command,
            name,
            options,
        }
        | InteractionKind::Autocomplete {
            command,
            name,
            options,
        } => json!({ "id": command, "name": name, "type": 1, "options": options }),
        InteractionKind::Component {
            custom_id,
            kind,
            values,
            ..
        } => {
            let mut data = json!({ "custom_id": custom_id, "component_type": kind });
            if *kind != 2 {
                data["values"] = json!(values);
            }
            data
        }
        InteractionKind::Modal {
            custom_id,
            components,
            ..
        } => json!({ "custom_id": custom_id, "components": components }),
    }
}
