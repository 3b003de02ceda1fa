//! What happens in the world, and who is told.

use serde_json::{Value, json};

use crate::{Channel, Message, Snowflake, clock, gateway::Intents, page, shared::State, wire};

/// Something that has happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Created(Snowflake),
    Updated(Snowflake),
    Deleted {
        message: Snowflake,
        channel: Snowflake,
    },
    Typing {
        channel: Snowflake,
        user: Snowflake,
    },
    Reacted {
        message: Snowflake,
        user: Snowflake,
        emoji: String,
        on: bool,
    },
    Asked(Snowflake),
    Acknowledged(Snowflake),
    ChannelMade(Snowflake),
    Commands,
    Connection,
    /// The page is to fetch everything again.
    World,
}

impl State {
    /// Tells the sessions whose intents cover it, and the page.
    pub(crate) fn publish(&mut self, event: &Event) {
        self.dispatch(event);
        // Without a page there is nobody to tell.
        if self.page.receiver_count() > 0
            && let Some(told) = page::told(self, event)
        {
            self.page.send(told.to_string().into()).ok();
        }
    }

    fn dispatch(&mut self, event: &Event) {
        let Self { world, gateway, .. } = self;
        let guild_of = |channel| world.channel(channel).and_then(Channel::guild);
        match event {
            Event::Created(id) | Event::Updated(id) => {
                let shown = |message: &&Message| message.ephemeral_to.is_none();
                let Some(message) = world.messages.get(id).filter(shown) else {
                    return;
                };
                let name = match event {
                    Event::Created(_) => "MESSAGE_CREATE",
                    _ => "MESSAGE_UPDATE",
                };
                let needed = messages(guild_of(message.channel));
                gateway.dispatch(name, |intents| {
                    let content = intents.has(Intents::MESSAGE_CONTENT);
                    intents
                        .has(needed)
                        .then(|| wire::dispatched(world, message, content))
                });
            }
            Event::Deleted { message, channel } => {
                let guild = guild_of(*channel);
                let data = with_guild(json!({ "id": message, "channel_id": channel }), guild);
                gateway.dispatch("MESSAGE_DELETE", |intents| {
                    intents.has(messages(guild)).then(|| data.clone())
                });
            }
            Event::Typing { channel, user } => {
                let guild = guild_of(*channel);
                let data = json!({
                    "channel_id": channel, "user_id": user, "timestamp": clock::unix_ms() / 1000,
                });
                let data = with_guild(data, guild);
                let needed = either(
                    guild,
                    Intents::GUILD_MESSAGE_TYPING,
                    Intents::DIRECT_MESSAGE_TYPING,
                );
                gateway.dispatch("TYPING_START", |intents| {
                    intents.has(needed).then(|| data.clone())
                });
            }
            Event::Reacted {
                message,
                user,
                emoji,
                on,
            } => {
                let Some(message) = world.messages.get(message) else {
                    return;
                };
                let name = if *on {
                    "MESSAGE_REACTION_ADD"
                } else {
                    "MESSAGE_REACTION_REMOVE"
                };
                let needed = either(
                    guild_of(message.channel),
                    Intents::GUILD_MESSAGE_REACTIONS,
                    Intents::DIRECT_MESSAGE_REACTIONS,
                );
                gateway.dispatch(name, |intents| {
                    intents
                        .has(needed)
                        .then(|| wire::reaction(world, message, *user, emoji))
                });
            }
            Event::Asked(id) => {
                if let Some(asked) = world.interactions.get(id) {
                    gateway.dispatch("INTERACTION_CREATE", |_| {
                        Some(wire::interaction(world, asked))
                    });
                }
            }
            Event::ChannelMade(id) => {
                let Some(made) = world.channel(*id) else {
                    return;
                };
                let thread = matches!(made.kind, crate::ChannelKind::Thread { .. });
                let name = if thread {
                    "THREAD_CREATE"
                } else {
                    "CHANNEL_CREATE"
                };
                gateway.dispatch(name, |intents| {
                    intents
                        .has(Intents::GUILDS)
                        .then(|| wire::channel(world, made))
                });
            }
            Event::Acknowledged(_) | Event::Commands | Event::Connection | Event::World => {}
        }
    }
}

fn messages(guild: Option<Snowflake>) -> Intents {
    either(guild, Intents::GUILD_MESSAGES, Intents::DIRECT_MESSAGES)
}

fn either(guild: Option<Snowflake>, in_guild: Intents, direct: Intents) -> Intents {
    if guild.is_some() { in_guild } else { direct }
}

fn with_guild(mut data: Value, guild: Option<Snowflake>) -> Value {
    if let Some(guild) = guild {
        data["guild_id"] = json!(guild);
    }
    data
}
