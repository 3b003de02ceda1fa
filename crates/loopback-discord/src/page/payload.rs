//! The JSON that the page receives.

use serde_json::{Value, json};

use crate::{
    Attachment, Channel, ChannelKind, Message, Poll, Snowflake, SystemMessage, clock,
    event::Event,
    shared::{Settings, State},
    world::InteractionKind,
};

/// How many messages of each channel a page starts with.
const SHOWN: usize = 200;

/// The update of the page for an event, if the event concerns it.
pub(crate) fn update(state: &State, event: &Event) -> Option<Value> {
    let message = |id| {
        state
            .world
            .messages
            .get(id)
            .map(|found| message(state, found))
    };
    Some(match event {
        Event::MessageCreated(id) => json!({ "type": "created", "message": message(id)? }),
        Event::MessageUpdated(id)
        | Event::Reaction { message: id, .. }
        | Event::ReactionsCleared { message: id, .. }
        | Event::Vote { message: id, .. } => {
            json!({ "type": "updated", "message": message(id)? })
        }
        Event::MessageDeleted(gone) => {
            json!({ "type": "deleted", "message": gone.id, "channel": gone.channel })
        }
        Event::Typing { channel, user } => {
            json!({ "type": "typing", "channel": channel, "user": user })
        }
        Event::InteractionCreated(id) => json!({ "type": "asked", "interaction": id }),
        Event::Acknowledged(id) => {
            let found = state.world.interactions.get(id)?;
            let how = found.acknowledgement.as_ref()?;
            json!({
                "type": "acknowledged", "interaction": id, "user": found.user,
                "form": (how.kind == 9).then_some(&how.data),
                "choices": (how.kind == 8).then_some(&how.data["choices"]),
            })
        }
        Event::Commands => json!({ "type": "commands", "commands": state.world.commands }),
        Event::Connection => json!({ "type": "connection", "connected": connected(state) }),
        Event::ChannelCreated(_)
        | Event::ChannelUpdated(_)
        | Event::ChannelDeleted(_)
        | Event::GuildCreated(_)
        | Event::RoleUpdated { .. }
        | Event::PageStale => json!({ "type": "stale" }),
        Event::ThreadsVisible(_) => return None,
    })
}

/// The state that a page starts with.
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
        "welcome": settings.welcome,
        "bot": world.bot,
        "guilds": guilds,
        "users": users,
        "channels": world.channels.iter().map(channel).collect::<Vec<_>>(),
        "messages": messages,
        "commands": world.commands,
        "connected": connected(state),
    })
}

/// A user's role in the demo, in a word.
fn note(state: &State, settings: &Settings, user: Snowflake) -> &'static str {
    let seed = &settings.seed;
    let app = &state.world.application;
    match user {
        user if app.team.as_ref().is_some_and(|team| team.contains(&user)) => "bot team",
        user if user == seed.owner => "owner",
        user if user == seed.member => "member",
        user if user == seed.stranger => "stranger",
        _ => "",
    }
}

fn channel(channel: &Channel) -> Value {
    let (kind, guild, parent, user) = match channel.kind {
        ChannelKind::Text { guild } => ("text", Some(guild), None, None),
        ChannelKind::Forum { guild } => ("forum", Some(guild), None, None),
        ChannelKind::Thread { guild, parent } => ("thread", Some(guild), Some(parent), None),
        ChannelKind::Direct { user } => ("direct", None, None, Some(user)),
    };
    json!({
        "id": channel.id, "name": channel.name, "kind": kind, "guild": guild, "parent": parent,
        "user": user, "archived": channel.is_archived(),
    })
}

fn message(state: &State, message: &Message) -> Value {
    let interaction = message
        .interaction
        .and_then(|id| state.world.interactions.get(&id));
    let command = interaction.and_then(|found| match &found.kind {
        InteractionKind::Command { name, .. } | InteractionKind::MessageCommand { name, .. }
            if message.reply_to.is_none() =>
        {
            Some(json!({ "name": name, "user": found.user }))
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
        "files": files(message),
        "forwarded": message.forward.as_ref().map(|forward| json!({
            "content": forward.snapshot.content, "files": files(&forward.snapshot),
        })),
        "poll": message.poll.as_ref().map(poll),
        "stickers": message.stickers,
        "embeds": message.embeds,
        "components": message.components,
        "reactions": reactions.map(|found| json!({ "emoji": found.emoji, "users": found.users })).collect::<Vec<_>>(),
        "command": command,
        "ephemeral_to": message.ephemeral_to,
        "loading": message.loading,
        "system": message.system.map(system),
    })
}

fn files(message: &Message) -> Vec<Value> {
    let files = message.attachments.iter();
    files
        .map(|file| {
            json!({
                "name": file.name, "size": file.size, "url": url(message, file),
                "kind": file.content_type, "description": file.description,
            })
        })
        .collect()
}

fn poll(poll: &Poll) -> Value {
    let answers = poll.answers.iter().map(|answer| {
        json!({ "text": answer.text, "emoji": answer.emoji["name"], "voters": answer.voters })
    });
    json!({
        "question": poll.question, "multiselect": poll.multiselect,
        "over": poll.is_over(clock::unix_ms()), "answers": answers.collect::<Vec<_>>(),
    })
}

/// The path of a file on the loopback itself.
fn url(message: &Message, file: &Attachment) -> String {
    format!("/attachments/{}/{}/file", message.channel, file.id)
}

/// What a system message says before its text.
fn system(kind: SystemMessage) -> Value {
    match kind {
        SystemMessage::ThreadCreated { thread } => {
            json!({ "text": "started a thread:", "thread": thread })
        }
        SystemMessage::ThreadStarter { .. } => {
            json!({ "text": "started this thread from a message." })
        }
        SystemMessage::PollResult { .. } => json!({ "text": "closed a poll." }),
        SystemMessage::Renamed => json!({ "text": "changed the thread's name:" }),
    }
}

fn connected(state: &State) -> bool {
    state.gateway.connected() > 0
}
