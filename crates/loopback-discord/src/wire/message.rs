//! Messages as JSON.

use serde_json::{Value, json};

use super::place::{member, user, user_by_id};
use crate::{
    Snowflake,
    clock::iso8601,
    world::{Attachment, InteractionKind, Message, World},
};

/// A message as REST gives it; `private` leaves out what only the message content intent shows.
pub(crate) fn message(world: &World, message: &Message, private: bool) -> Value {
    let mut json = bare(world, message, private);
    if let Some(reply) = message.reply_to {
        let guild = world
            .channel(message.channel)
            .and_then(crate::Channel::guild);
        json["message_reference"] = json!({
            "type": 0, "message_id": reply, "channel_id": message.channel, "guild_id": guild,
        });
        json["referenced_message"] = world.messages.get(&reply).map_or(Value::Null, |found| {
            bare(world, found, private && !shown_anyway(world, found))
        });
    }
    json
}

/// A message as `MESSAGE_CREATE` and `MESSAGE_UPDATE` bring it to a session that has, or has not,
/// the message content intent.
pub(crate) fn dispatched(world: &World, found: &Message, content_intent: bool) -> Value {
    let mut json = message(world, found, !content_intent && !shown_anyway(world, found));
    let guild = world
        .channel(found.channel)
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id));
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.id);
        json["member"] = member(guild, found.author);
    }
    json
}

/// What a bot sees of a message even without the message content intent (Discord developer docs,
/// "Message content intent"): its own, direct messages, and those that mention it.
pub(crate) fn shown_anyway(world: &World, message: &Message) -> bool {
    let direct = world
        .channel(message.channel)
        .is_some_and(|channel| channel.guild().is_none());
    direct || message.author == world.bot || message.mentions.contains(&world.bot)
}

/// A message without the one it answers.
fn bare(world: &World, message: &Message, private: bool) -> Value {
    let mut json = json!({
        "id": message.id,
        "channel_id": message.channel,
        "author": user_by_id(world, message.author),
        "type": kind(message),
        "content": message.content,
        "timestamp": iso8601(message.created()),
        "edited_timestamp": message.edited.map(iso8601),
        "tts": false,
        "mention_everyone": message.mention_everyone,
        "mentions": message.mentions.iter().map(|id| user_by_id(world, *id)).collect::<Vec<_>>(),
        "mention_roles": message.mention_roles,
        "attachments": message.attachments.iter().map(|file| attachment(world, message, file)).collect::<Vec<_>>(),
        "embeds": message.embeds,
        "components": message.components,
        "pinned": false,
        "flags": flags(message),
    });
    if let Some(nonce) = &message.nonce {
        json["nonce"] = nonce.clone();
    }
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter();
        json["reactions"] = reactions
            .map(|reaction| {
                json!({
                    "emoji": emoji(&reaction.emoji),
                    "count": reaction.users.len(),
                    "count_details": { "burst": 0, "normal": reaction.users.len() },
                    "me": reaction.users.contains(&world.bot),
                    "me_burst": false,
                    "burst_colors": [],
                })
            })
            .collect();
    }
    if message.interaction.is_some() {
        json["application_id"] = json!(world.application.id);
        json["webhook_id"] = json!(world.application.id);
    }
    let asked = message
        .interaction
        .and_then(|id| world.interactions.get(&id));
    if let Some(asked) = asked
        && let InteractionKind::Command { name, .. } = &asked.kind
    {
        let who = user_by_id(world, asked.user);
        json["interaction"] = json!({ "id": asked.id, "type": 2, "name": name, "user": who });
    }
    if private {
        json["content"] = json!("");
        for list in ["attachments", "embeds", "components"] {
            json[list] = json!([]);
        }
    }
    json
}

/// Default, a reply, or the response to a slash command (Discord developer docs, "Message types").
fn kind(message: &Message) -> u8 {
    match (message.interaction, message.reply_to) {
        (_, Some(_)) => 19,
        (Some(_), None) => 20,
        (None, None) => 0,
    }
}

/// Suppressed embeds, ephemeral, loading (Discord developer docs, "Message flags").
fn flags(message: &Message) -> u64 {
    u64::from(message.suppress_embeds) << 2
        | u64::from(message.ephemeral_to.is_some()) << 6
        | u64::from(message.loading) << 7
}

fn attachment(world: &World, message: &Message, file: &Attachment) -> Value {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '_'
        }
    };
    let name: String = file.name.chars().map(plain).collect();
    let url = format!(
        "{}/attachments/{}/{}/{name}",
        world.file_server, message.channel, file.id
    );
    json!({
        "id": file.id, "filename": file.name, "size": file.size, "url": url, "proxy_url": url,
        "content_type": file.content_type,
    })
}

/// An emoji from how a route names it: itself, or `name:id`.
pub(crate) fn emoji(named: &str) -> Value {
    match named.split_once(':') {
        Some((name, id)) => json!({ "name": name, "id": id }),
        None => json!({ "name": named, "id": null }),
    }
}

/// What the event of a reaction holds.
pub(crate) fn reaction(world: &World, found: &Message, by: Snowflake, named: &str) -> Value {
    let mut json = json!({
        "user_id": by, "channel_id": found.channel, "message_id": found.id,
        "message_author_id": found.author, "emoji": emoji(named), "burst": false, "type": 0,
    });
    let channel = world.channel(found.channel);
    if let Some(guild) = channel
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id))
    {
        json["guild_id"] = json!(guild.id);
        json["member"] = member(guild, by);
        json["member"]["user"] = world.user(by).map_or(Value::Null, user);
    }
    json
}
