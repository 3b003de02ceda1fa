//! Messages as JSON.

use serde_json::{Value, json};

use super::{
    attachment::{attachments, components},
    place::{channel, member, user, user_by_id},
    poll::{poll, poll_result, snapshot, stickers},
};
use crate::{
    Snowflake,
    clock::iso8601,
    world::{InteractionKind, Message, SystemMessage, World},
};

/// A message as REST returns it; `private` hides what only the message content intent shows.
pub(crate) fn message(world: &World, found: &Message, private: bool) -> Value {
    let mut json = bare(world, found, private);
    let guild = world.channel(found.channel).and_then(crate::Channel::guild);
    let referenced = match found.system {
        Some(SystemMessage::ThreadCreated { thread }) => {
            json["message_reference"] =
                json!({ "type": 0, "channel_id": thread, "guild_id": guild });
            return json;
        }
        Some(SystemMessage::ThreadStarter { message }) => Some(message),
        Some(SystemMessage::PollResult { poll }) => {
            let result = world.messages.get(&poll).and_then(|of| of.poll.as_ref());
            json["embeds"] = json!(result.map(poll_result).into_iter().collect::<Vec<_>>());
            json["message_reference"] = json!({
                "type": 0, "message_id": poll, "channel_id": found.channel, "guild_id": guild,
            });
            return json;
        }
        Some(SystemMessage::Renamed) | None => found.reply_to,
    };
    if let Some(forward) = &found.forward {
        let of = &forward.snapshot;
        let guild = world.channel(of.channel).and_then(crate::Channel::guild);
        json["message_reference"] = json!({
            "type": 1, "message_id": of.id, "channel_id": of.channel, "guild_id": guild,
        });
        json["message_snapshots"] = json!([snapshot(world, forward, private)]);
        return json;
    }
    if let Some(id) = referenced {
        let referenced = world.messages.get(&id);
        let channel = referenced.map_or(found.channel, |referenced| referenced.channel);
        json["message_reference"] = json!({
            "type": 0, "message_id": id, "channel_id": channel, "guild_id": guild,
        });
        json["referenced_message"] = referenced.map_or(Value::Null, |referenced| {
            bare(
                world,
                referenced,
                private && !content_is_visible(world, referenced),
            )
        });
    }
    json
}

/// A message as `MESSAGE_CREATE` and `MESSAGE_UPDATE` contain it, for a session with or without the
/// message content intent.
pub(crate) fn message_event(world: &World, found: &Message, content_intent: bool) -> Value {
    let mut json = message(
        world,
        found,
        !content_intent && !content_is_visible(world, found),
    );
    let place = world.channel(found.channel);
    json["channel_type"] = json!(place.map(super::place::type_number));
    let guild = place
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id));
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.id);
        json["member"] = member(guild, found.author);
    }
    json
}

/// Whether the bot sees a message's content even without the message content intent: its own
/// messages, direct messages, and those that mention it (Discord developer docs, "Message content
/// intent").
pub(crate) fn content_is_visible(world: &World, message: &Message) -> bool {
    let direct = world
        .channel(message.channel)
        .is_some_and(|channel| channel.guild().is_none());
    direct || message.author == world.bot || message.mentions.contains(&world.bot)
}

/// The fields of a message that a forward of it shows, too.
pub(super) fn core(world: &World, message: &Message, private: bool) -> Value {
    let mut json = json!({
        "id": message.id,
        "channel_id": message.channel,
        "type": kind(message),
        "content": message.content,
        "timestamp": iso8601(message.created()),
        "edited_timestamp": message.edited.map(iso8601),
        "mentions": message.mentions.iter().map(|id| user_by_id(world, *id)).collect::<Vec<_>>(),
        "mention_roles": message.mention_roles,
        "attachments": attachments(world, message),
        "embeds": message.embeds,
        "components": components(world, message),
        "flags": flags(world, message),
    });
    if !message.stickers.is_empty() {
        json["sticker_items"] = json!(stickers(&message.stickers));
    }
    if private {
        json["content"] = json!("");
        for list in ["attachments", "embeds", "components"] {
            json[list] = json!([]);
        }
    }
    json
}

/// A message without the message it refers to.
fn bare(world: &World, message: &Message, private: bool) -> Value {
    let mut json = core(world, message, private);
    json["author"] = user_by_id(world, message.author);
    json["tts"] = json!(false);
    json["mention_everyone"] = json!(message.mention_everyone);
    json["pinned"] = json!(false);
    if let Some(found) = message.poll.as_ref().filter(|_| !private) {
        json["poll"] = poll(world, found);
    }
    if let Some(thread) = thread_from(world, message) {
        json["thread"] = channel(world, thread);
    }
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
    if let Some(id) = message.interaction {
        json["application_id"] = json!(world.application.id);
        json["webhook_id"] = json!(world.application.id);
        if let Some(found) = world.interactions.get(&id)
            && let InteractionKind::Command { name, .. }
            | InteractionKind::MessageCommand { name, .. } = &found.kind
        {
            let user = user_by_id(world, found.user);
            json["interaction"] = json!({ "id": id, "type": 2, "name": name, "user": user });
        }
    }
    json
}

/// The thread that was started from a message. The first message of a post in a forum is in its thread.
fn thread_from<'a>(world: &'a World, message: &Message) -> Option<&'a crate::Channel> {
    let found = world.channel(message.id);
    found.filter(|thread| thread.id != message.channel)
}

/// The type (Discord developer docs, "Message types").
fn kind(message: &Message) -> u8 {
    match (message.system, message.interaction, message.reply_to) {
        (Some(SystemMessage::Renamed), ..) => 4,
        (Some(SystemMessage::ThreadCreated { .. }), ..) => 18,
        (Some(SystemMessage::ThreadStarter { .. }), ..) => 21,
        (Some(SystemMessage::PollResult { .. }), ..) => 46,
        (None, _, Some(_)) => 19,
        (None, Some(_), None) => 20,
        (None, None, None) => 0,
    }
}

/// The flags (Discord developer docs, "Message flags").
fn flags(world: &World, message: &Message) -> u64 {
    u64::from(message.suppress_embeds) << 2
        | u64::from(thread_from(world, message).is_some()) << 5
        | u64::from(message.ephemeral_to.is_some()) << 6
        | u64::from(message.loading) << 7
        | u64::from(message.silent) << 12
        | u64::from(message.attachments.iter().any(|file| file.is_voice)) << 13
        | u64::from(message.forward.is_some()) << 14
        | u64::from(message.components_v2) << 15
}

/// An emoji from its name in a route: itself, or `name:id`.
pub(crate) fn emoji(named: &str) -> Value {
    match named.split_once(':') {
        Some((name, id)) => json!({ "name": name, "id": id }),
        None => json!({ "name": named, "id": null }),
    }
}

/// The data of `MESSAGE_POLL_VOTE_ADD` and `MESSAGE_POLL_VOTE_REMOVE`.
pub(crate) fn vote(found: &Message, by: Snowflake, answer: u64) -> Value {
    json!({
        "user_id": by, "channel_id": found.channel, "message_id": found.id, "answer_id": answer,
    })
}

/// The data of `MESSAGE_REACTION_ADD` and `MESSAGE_REACTION_REMOVE`.
pub(crate) fn reaction(
    world: &World,
    found: &Message,
    by: Snowflake,
    named: &str,
    added: bool,
) -> Value {
    let mut json = json!({
        "user_id": by, "channel_id": found.channel, "message_id": found.id,
        "emoji": emoji(named), "burst": false, "type": 0,
    });
    if added {
        json["message_author_id"] = json!(found.author);
    }
    let guild = world
        .channel(found.channel)
        .and_then(crate::Channel::guild)
        .and_then(|id| world.guild(id));
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.id);
        if added {
            json["member"] = member(guild, by);
            json["member"]["user"] = world.user(by).map_or(Value::Null, user);
        }
    }
    json
}
