//! What the page is told, as JSON.

use serde_json::{Value, json};

use crate::{
    Channel, ChannelKind, Message, Snowflake,
    event::Event,
    shared::{Settings, State},
    world::InteractionKind,
};

/// How many messages of each channel a page starts with.
const SHOWN: usize = 200;

/// What the page is told of an event, if it is told.
pub(crate) fn told(state: &State, event: &Event) -> Option<Value> {
    let message = |id| {
        state
            .world
            .messages
            .get(id)
            .map(|found| message(state, found))
    };
    Some(match event {
        Event::Created(id) => json!({ "type": "created", "message": message(id)? }),
        Event::Updated(id) | Event::Reacted { message: id, .. } => {
            json!({ "type": "updated", "message": message(id)? })
        }
        Event::Deleted { message, channel } => {
            json!({ "type": "deleted", "message": message, "channel": channel })
        }
        Event::Typing { channel, user } => {
            json!({ "type": "typing", "channel": channel, "user": user })
        }
        Event::Asked(id) => json!({ "type": "asked", "interaction": id }),
        Event::Acknowledged(id) => {
            let asked = state.world.interactions.get(id)?;
            let how = asked.acknowledgement.as_ref()?;
            let form = (how.kind == 9).then_some(&how.data);
            json!({ "type": "acknowledged", "interaction": id, "user": asked.user, "form": form })
        }
        Event::Commands => json!({ "type": "commands", "commands": state.world.commands }),
        Event::Connection => json!({ "type": "connection", "connected": connected(state) }),
        // The world is told of as a whole right after.
        Event::ChannelMade(_) => return None,
        Event::World => json!({ "type": "stale" }),
    })
}

/// Everything that a page starts with.
pub(super) fn world(state: &State, settings: &Settings) -> Value {
    let world = &state.world;
    let users: Vec<_> = world
        .users
        .iter()
        .map(|user| json!({ "id": user.id, "name": user.display_name, "handle": user.name, "bot": user.bot, "note": note(state, settings, user.id) }))
        .collect();
    let guilds: Vec<_> = world
        .guilds
        .iter()
        .map(|guild| {
            let members = guild.members.iter().map(|member| member.user);
            json!({
                "id": guild.id, "name": guild.name, "members": members.collect::<Vec<_>>(),
                "roles": guild.roles.iter().map(|role| json!({ "id": role.id, "name": role.name })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let messages: Vec<_> = world
        .channels
        .iter()
        .flat_map(|channel| {
            let mut last: Vec<_> = world.messages(channel.id).rev().take(SHOWN).collect();
            last.reverse();
            last
        })
        .map(|found| message(state, found))
        .collect();
    json!({
        "type": "world",
        "banner": settings.banner,
        "bot": world.bot,
        "guilds": guilds,
        "users": users,
        "channels": world.channels.iter().map(channel).collect::<Vec<_>>(),
        "messages": messages,
        "commands": world.commands,
        "connected": connected(state),
    })
}

/// Who a user is, in a word.
fn note(state: &State, settings: &Settings, user: Snowflake) -> &'static str {
    let cast = &settings.cast;
    let app = &state.world.application;
    match user {
        user if app.team.as_ref().is_some_and(|team| team.contains(&user)) => "bot team",
        user if user == cast.owner => "owner",
        user if user == cast.member => "member",
        user if user == cast.stranger => "stranger",
        _ => "",
    }
}

fn channel(channel: &Channel) -> Value {
    let (kind, guild, parent, user) = match channel.kind {
        ChannelKind::Text { guild } => ("text", Some(guild), None, None),
        ChannelKind::Thread { guild, parent } => ("thread", Some(guild), Some(parent), None),
        ChannelKind::Direct { user } => ("direct", None, None, Some(user)),
    };
    json!({ "id": channel.id, "name": channel.name, "kind": kind, "guild": guild, "parent": parent, "user": user })
}

fn message(state: &State, message: &Message) -> Value {
    let files = message.attachments.iter();
    let asked = message
        .interaction
        .and_then(|id| state.world.interactions.get(&id));
    let command = asked.and_then(|asked| match &asked.kind {
        InteractionKind::Command { name, .. } if message.reply_to.is_none() => {
            Some(json!({ "name": name, "user": asked.user }))
        }
        _ => None,
    });
    let reactions = message.reactions.iter();
    json!({
        "id": message.id,
        "channel": message.channel,
        "author": message.author,
        "content": message.content,
        "time": message.created(),
        "edited": message.edited,
        "reply_to": message.reply_to,
        "mentions": message.mentions,
        "everyone": message.mention_everyone,
        "files": files.map(|file| json!({ "name": file.name, "size": file.size })).collect::<Vec<_>>(),
        "embeds": message.embeds,
        "components": message.components,
        "reactions": reactions.map(|found| json!({ "emoji": found.emoji, "users": found.users })).collect::<Vec<_>>(),
        "command": command,
        "ephemeral_to": message.ephemeral_to,
        "loading": message.loading,
    })
}

fn connected(state: &State) -> bool {
    state.gateway.connected() > 0
}
