//! What happens in the world, and who receives which event.

use serde_json::{Value, json};

use crate::{
    Channel, Message, Snowflake, clock,
    gateway::{Gateway, Intents},
    page,
    shared::State,
    wire,
    world::World,
};

/// Something that has happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    MessageCreated(Snowflake),
    MessageUpdated(Snowflake),
    MessageDeleted(Box<Message>),
    Typing {
        channel: Snowflake,
        user: Snowflake,
    },
    /// A reaction was added, or removed.
    Reaction {
        message: Snowflake,
        user: Snowflake,
        emoji: String,
        added: bool,
    },
    /// All reactions with an emoji were removed, or all reactions.
    ReactionsCleared {
        message: Snowflake,
        emoji: Option<String>,
    },
    InteractionCreated(Snowflake),
    Acknowledged(Snowflake),
    /// A channel or thread was created.
    ChannelCreated(Snowflake),
    /// A channel or thread changed.
    ChannelUpdated(Snowflake),
    /// A channel or thread was deleted.
    ChannelDeleted(Channel),
    /// The bot can see a channel again, and so its threads.
    ThreadsVisible(Snowflake),
    GuildCreated(Snowflake),
    RoleUpdated {
        guild: Snowflake,
        role: Snowflake,
    },
    /// A vote in a poll was added, or removed.
    Vote {
        message: Snowflake,
        user: Snowflake,
        answer: u64,
        added: bool,
    },
    Commands,
    /// The bot connected or disconnected.
    Connection,
    /// Something changed that only the page shows: it fetches everything again.
    PageStale,
}

impl State {
    /// Sends an event to the sessions whose intents cover it, and to the page.
    pub(crate) fn publish(&mut self, event: &Event) {
        dispatch(&self.world, &mut self.gateway, event);
        if self.page.receiver_count() > 0
            && let Some(update) = page::update(self, event)
        {
            // An error means that the last page was closed just now.
            self.page.send(update.to_string().into()).ok();
        }
    }
}

fn dispatch(world: &World, gateway: &mut Gateway, event: &Event) {
    match event {
        Event::MessageCreated(id) => message(world, gateway, "MESSAGE_CREATE", *id),
        Event::MessageUpdated(id) => message(world, gateway, "MESSAGE_UPDATE", *id),
        Event::MessageDeleted(gone) => {
            if gone.ephemeral_to.is_none() {
                let data = json!({ "id": gone.id, "channel_id": gone.channel });
                in_channel(
                    world,
                    gateway,
                    "MESSAGE_DELETE",
                    gone.channel,
                    MESSAGES,
                    data,
                );
            }
        }
        Event::Typing { channel, user } => {
            let data = wire::typing(world, *channel, *user, clock::unix_ms() / 1000);
            in_channel(world, gateway, "TYPING_START", *channel, TYPING, data);
        }
        Event::Reaction { .. } | Event::ReactionsCleared { .. } | Event::Vote { .. } => {
            feedback(world, gateway, event);
        }
        Event::RoleUpdated { guild, role } => {
            let guild = world.guild(*guild);
            if let Some(guild) = guild
                && let Some(data) = wire::role_event(guild, *role)
            {
                with_guilds(gateway, "GUILD_ROLE_UPDATE", Some(guild.id), &data);
            }
        }
        Event::InteractionCreated(id) => {
            if let Some(found) = world.interactions.get(id) {
                let guild = world.channel(found.channel).and_then(Channel::guild);
                gateway.dispatch("INTERACTION_CREATE", guild, |_| {
                    Some(wire::interaction(world, found))
                });
            }
        }
        Event::ChannelCreated(id) => {
            if let Some(found) = world.channel(*id) {
                let mut data = wire::channel(world, found);
                if found.thread.is_some() {
                    data["newly_created"] = json!(true);
                }
                channel_event(world, gateway, found, "CREATE", &data);
            }
        }
        Event::ChannelUpdated(id) => {
            if let Some(found) = world.channel(*id) {
                let data = wire::channel(world, found);
                channel_event(world, gateway, found, "UPDATE", &data);
            }
        }
        Event::ChannelDeleted(gone) => {
            let data = match gone.thread {
                Some(_) => wire::deleted_thread(gone),
                None => wire::channel(world, gone),
            };
            channel_event(world, gateway, gone, "DELETE", &data);
        }
        Event::ThreadsVisible(parent) => {
            if let Some(parent) = world.channel(*parent) {
                let data = wire::thread_list_sync(world, parent);
                with_guilds(gateway, "THREAD_LIST_SYNC", parent.guild(), &data);
            }
        }
        Event::GuildCreated(id) => {
            if let Some(guild) = world.guild(*id) {
                let data = wire::guild(world, guild);
                with_guilds(gateway, "GUILD_CREATE", Some(guild.id), &data);
            }
        }
        Event::Acknowledged(_) | Event::Commands | Event::Connection | Event::PageStale => {}
    }
}

/// Dispatches what people do with a message of somebody: react, vote.
fn feedback(world: &World, gateway: &mut Gateway, event: &Event) {
    match event {
        Event::Reaction {
            message,
            user,
            emoji,
            added,
        } => {
            reaction(world, gateway, *message, |found| {
                let name = if *added {
                    "MESSAGE_REACTION_ADD"
                } else {
                    "MESSAGE_REACTION_REMOVE"
                };
                (name, wire::reaction(world, found, *user, emoji, *added))
            });
        }
        Event::ReactionsCleared { message, emoji } => {
            reaction(world, gateway, *message, |found| {
                let mut data = json!({ "message_id": found.id, "channel_id": found.channel });
                match emoji {
                    Some(emoji) => {
                        data["emoji"] = wire::emoji(emoji);
                        ("MESSAGE_REACTION_REMOVE_EMOJI", data)
                    }
                    None => ("MESSAGE_REACTION_REMOVE_ALL", data),
                }
            });
        }
        Event::Vote {
            message,
            user,
            answer,
            added,
        } => {
            if let Some(found) = world.messages.get(message) {
                let name = if *added {
                    "MESSAGE_POLL_VOTE_ADD"
                } else {
                    "MESSAGE_POLL_VOTE_REMOVE"
                };
                let data = wire::vote(found, *user, *answer);
                in_channel(world, gateway, name, found.channel, POLLS, data);
            }
        }
        _ => {}
    }
}

/// The intents for a kind of event, in a guild and in direct messages (Discord developer docs,
/// "List of intents").
#[derive(Clone, Copy)]
struct Needed {
    guild: Intents,
    direct: Intents,
}

const MESSAGES: Needed = Needed {
    guild: Intents::GUILD_MESSAGES,
    direct: Intents::DIRECT_MESSAGES,
};
const TYPING: Needed = Needed {
    guild: Intents::GUILD_MESSAGE_TYPING,
    direct: Intents::DIRECT_MESSAGE_TYPING,
};
const REACTIONS: Needed = Needed {
    guild: Intents::GUILD_MESSAGE_REACTIONS,
    direct: Intents::DIRECT_MESSAGE_REACTIONS,
};

const POLLS: Needed = Needed {
    guild: Intents::GUILD_MESSAGE_POLLS,
    direct: Intents::DIRECT_MESSAGE_POLLS,
};

impl Needed {
    fn in_guild(self, guild: Option<Snowflake>) -> Intents {
        if guild.is_some() {
            self.guild
        } else {
            self.direct
        }
    }
}

/// Dispatches a message that was created or updated, unless it is ephemeral: the app knows that one
/// from its own call.
fn message(world: &World, gateway: &mut Gateway, name: &str, id: Snowflake) {
    let shown = |message: &&Message| message.ephemeral_to.is_none();
    let Some(found) = world.messages.get(&id).filter(shown) else {
        return;
    };
    if !world.bot_sees(found.channel) {
        return;
    }
    let guild = world.channel(found.channel).and_then(Channel::guild);
    let needed = MESSAGES.in_guild(guild);
    gateway.dispatch(name, guild, |intents| {
        let content = intents.has(Intents::MESSAGE_CONTENT);
        let receives = intents.has(needed);
        receives.then(|| wire::message_event(world, found, content))
    });
}

/// Dispatches what happens to the reactions of a message: `event` returns its name and data.
fn reaction(
    world: &World,
    gateway: &mut Gateway,
    message: Snowflake,
    event: impl FnOnce(&Message) -> (&'static str, Value),
) {
    if let Some(found) = world.messages.get(&message) {
        let (name, data) = event(found);
        in_channel(world, gateway, name, found.channel, REACTIONS, data);
    }
}

/// Dispatches what happens in a channel that the bot sees.
fn in_channel(
    world: &World,
    gateway: &mut Gateway,
    name: &str,
    channel: Snowflake,
    needed: Needed,
    mut data: Value,
) {
    if !world.bot_sees(channel) {
        return;
    }
    let guild = world.channel(channel).and_then(Channel::guild);
    if let Some(guild) = guild {
        data["guild_id"] = json!(guild);
    }
    let needed = needed.in_guild(guild);
    gateway.dispatch(name, guild, |intents| {
        intents.has(needed).then(|| data.clone())
    });
}

/// Dispatches what happens to a channel or thread. Bots learn of every channel of a guild, but only
/// of the threads that they can see.
fn channel_event(
    world: &World,
    gateway: &mut Gateway,
    channel: &Channel,
    verb: &str,
    data: &Value,
) {
    let guild = channel.guild();
    match channel.parent() {
        Some(parent) if !world.bot_sees(parent) => {}
        Some(_) => with_guilds(gateway, &format!("THREAD_{verb}"), guild, data),
        None => with_guilds(gateway, &format!("CHANNEL_{verb}"), guild, data),
    }
}

/// Dispatches an event of a guild to the sessions with the guilds intent.
fn with_guilds(gateway: &mut Gateway, name: &str, guild: Option<Snowflake>, data: &Value) {
    gateway.dispatch(name, guild, |intents| {
        intents.has(Intents::GUILDS).then(|| data.clone())
    });
}
