//! Converts serenity's messages and interactions to the chat port's types.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use serenity::all::{
    self as discord, Channel, ChannelType, CommandDataOptionValue, CommandType,
    ComponentInteractionDataKind, GuildChannel, Message, MessageUpdateEvent, PartialChannel,
    TypingStartEvent, User,
};

use super::{
    context::{bot_role, context, display_name, names},
    form::AnyInteraction,
};
use crate::{
    chat::{
        Author, ChatEvent, ChatMessage, Directory, Interaction, InteractionKind, MessageEdit, Place,
    },
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// How long an interaction waits for its first reply (Discord developer docs, "Interactions").
const FIRST_REPLY_WITHIN: TimeDelta = TimeDelta::seconds(3);

macro_rules! from_serenity {
    ($($id:ident)*) => {
        $(impl From<discord::$id> for $id {
            fn from(id: discord::$id) -> Self {
                Self(id.get())
            }
        })*
    };
}

from_serenity! { ChannelId GuildId MessageId RoleId UserId }

pub(super) fn learn(directory: &Directory, channel: &GuildChannel) {
    let (name, guild) = (Some(&channel.name), Some(channel.guild_id));
    let kind = (channel.kind, channel.parent_id);
    if channel.kind == ChannelType::Forum {
        let tags = channel.available_tags.iter();
        let tags: HashMap<_, _> = tags.map(|tag| (tag.id.get(), tag.name.clone())).collect();
        directory.learn_forum(channel.id.into(), tags);
    }
    let applied: Vec<_> = channel.applied_tags.iter().map(|tag| tag.get()).collect();
    let tags = |forum: discord::ChannelId| directory.tags(forum.into(), &applied);
    let tags = channel.parent_id.and_then(tags);
    learn_place(directory, channel.id, kind, guild, (name, tags));
}

fn learn_partial(
    directory: &Directory,
    channel: Option<&PartialChannel>,
    guild: Option<discord::GuildId>,
) {
    if let Some(channel) = channel {
        let kind = (channel.kind, channel.parent_id);
        let name = channel.name.as_ref();
        learn_place(directory, channel.id, kind, guild, (name, None));
    }
}

pub(super) fn learn_role(directory: &Directory, role: &discord::Role) {
    let bot = role.tags.bot_id.map(Into::into);
    directory.learn_role(role.id.into(), &role.name, bot);
}

pub(super) fn learn_any(directory: &Directory, channel: &Channel) {
    match channel {
        Channel::Guild(channel) => learn(directory, channel),
        Channel::Private(channel) => directory.learn(&Place::channel(channel.id.into())),
        _ => {}
    }
}

fn learn_place(
    directory: &Directory,
    channel: discord::ChannelId,
    (kind, parent): (ChannelType, Option<discord::ChannelId>),
    guild: Option<discord::GuildId>,
    (name, tags): (Option<&String>, Option<Vec<String>>),
) {
    let is_thread = matches!(
        kind,
        ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread
    );
    // A thread without a parent stays unknown, because the parent's rules hold in it.
    if is_thread && parent.is_none() {
        return;
    }
    directory.learn(&Place {
        guild: guild.map(Into::into),
        parent: parent.filter(|_| is_thread).map(Into::into),
        is_private: kind == ChannelType::PrivateThread,
        name: name.cloned(),
        tags: tags.filter(|_| is_thread),
        ..Place::channel(channel.into())
    });
}

pub(super) fn place(
    directory: &Directory,
    channel: impl Into<ChannelId>,
    guild: Option<discord::GuildId>,
) -> Place {
    let channel = channel.into();
    let known = directory.place(channel);
    let place = known.unwrap_or_else(|| Place::channel(channel));
    Place {
        guild: guild.map(Into::into).or(place.guild),
        ..place
    }
}

pub(super) fn message(message: Message, bot: UserId, directory: &Directory) -> ChatMessage {
    with_json(message, None, bot, directory)
}

/// `json` is the message as Discord sent it, which holds more than serenity reads.
pub(super) fn with_json(
    message: Message,
    json: Option<&Value>,
    bot: UserId,
    directory: &Directory,
) -> ChatMessage {
    let member = message.member.as_deref();
    let member = member.map(|member| (member.nick.clone(), &member.roles[..]));
    let replied = message.referenced_message.as_ref();
    let bot_role = bot_role(&message.mention_roles, bot, directory);
    let mut context = context(&message, json, bot);
    context.names = names(&message.content, &message.mentions, bot, directory);
    ChatMessage {
        id: message.id.into(),
        place: place(directory, message.channel_id, message.guild_id),
        mentions_bot: bot_role.is_some()
            || message.mentions.iter().any(|user| user.id.get() == bot.0),
        bot_role,
        replies_to_bot: replied.is_some_and(|replied| replied.author.id.get() == bot.0),
        has_other_content: !message.sticker_items.is_empty()
            || !message.embeds.is_empty()
            || message.poll.is_some()
            || context.wanted.itself,
        context: Box::new(context),
        author: Author {
            is_webhook: message.webhook_id.is_some(),
            ..author(&message.author, member)
        },
        text: message.content,
    }
}

/// `member` has the nickname and the roles in the guild.
fn author(user: &User, member: Option<(Option<String>, &[discord::RoleId])>) -> Author {
    let (nick, roles) = member.unwrap_or_default();
    Author {
        id: user.id.into(),
        name: nick.unwrap_or_else(|| display_name(user)),
        roles: roles.iter().map(|role| (*role).into()).collect(),
        is_bot: user.bot,
        is_webhook: false,
    }
}

/// Who is typing. In a direct message Discord gives only the id.
pub(super) fn typist(event: &TypingStartEvent) -> Author {
    match &event.member {
        Some(member) => {
            let of_guild = (member.nick.clone(), &member.roles[..]);
            author(&member.user, Some(of_guild))
        }
        None => Author {
            id: event.user_id.into(),
            name: String::new(),
            roles: Vec::new(),
            is_bot: false,
            is_webhook: false,
        },
    }
}

/// Converts an edit, which has its author and mentions only if Discord sends them.
pub(super) fn edit(event: MessageUpdateEvent, bot: UserId, directory: &Directory) -> MessageEdit {
    let member = event.member.flatten();
    let member = member.as_ref();
    let is_webhook = event.webhook_id.flatten().is_some();
    let mentions = event.mentions.as_ref();
    let names = names(
        event.content.as_deref().unwrap_or_default(),
        event.mentions.as_deref().unwrap_or_default(),
        bot,
        directory,
    );
    MessageEdit {
        id: event.id.into(),
        place: place(directory, event.channel_id, event.guild_id),
        author: event.author.map(|user| Author {
            is_webhook,
            ..author(
                &user,
                member.map(|member| (member.nick.clone(), &member.roles[..])),
            )
        }),
        text: event.content,
        edited_at: event
            .edited_timestamp
            .and_then(|time| DateTime::from_timestamp(time.unix_timestamp(), 0)),
        mentions_bot: mentions.map(|users| {
            let roles = event.mention_roles.as_deref().unwrap_or_default();
            bot_role(roles, bot, directory).is_some()
                || users.iter().any(|user| user.id.get() == bot.0)
        }),
        names,
    }
}

/// Converts an interaction, after remembering its channel; `None` for what the bot never asks for.
pub(super) fn interaction(
    AnyInteraction {
        interaction,
        fields,
    }: AnyInteraction,
    bot: UserId,
    directory: &Directory,
) -> Option<ChatEvent> {
    macro_rules! event {
        ($from:expr, $kind:expr) => {{
            learn_partial(directory, $from.channel.as_ref(), $from.guild_id);
            if let Some(guild) = $from.guild_id {
                // It may count in what the user pays Discord for, which the bot does not share: the bot's own is not larger.
                directory.lower_guild_limit(guild.into(), $from.attachment_size_limit.into());
            }
            let member = $from.member.as_ref();
            let member = member.map(|member| (member.nick.clone(), &member.roles[..]));
            ChatEvent::Interaction {
                place: place(directory, $from.channel_id, $from.guild_id),
                author: author(&$from.user, member),
                interaction: Interaction {
                    id: $from.id.get(),
                    token: $from.token,
                    deadline: Utc::now() + FIRST_REPLY_WITHIN,
                },
                kind: $kind,
            }
        }};
    }
    Some(match interaction {
        discord::Interaction::Command(mut command) if command.data.kind == CommandType::Message => {
            let target = command.data.target_id?.to_message_id();
            let mut message = command.data.resolved.messages.remove(&target)?;
            message.guild_id = message.guild_id.or(command.guild_id);
            let guild = command
                .guild_id
                .map_or("@me".to_owned(), |it| it.to_string());
            let link = format!(
                "https://discord.com/channels/{guild}/{}/{target}",
                message.channel_id
            );
            let kind = InteractionKind::MessageCommand {
                name: std::mem::take(&mut command.data.name),
                message: Box::new(self::message(message, bot, directory)),
                link,
            };
            event!(command, kind)
        }
        discord::Interaction::Command(command) => {
            let options = command.data.options.into_iter();
            let options = options.filter_map(|option| match option.value {
                CommandDataOptionValue::String(value) => Some((option.name, value)),
                _ => None,
            });
            let kind = InteractionKind::Command {
                name: command.data.name,
                options: options.collect(),
            };
            event!(command, kind)
        }
        discord::Interaction::Autocomplete(command) => {
            let option = command.data.autocomplete()?;
            let kind = InteractionKind::Autocomplete {
                option: option.name.to_owned(),
                typed: option.value.to_owned(),
                command: command.data.name,
            };
            event!(command, kind)
        }
        discord::Interaction::Component(press) => {
            let kind = InteractionKind::Press {
                message: press.message.id.into(),
                custom_id: press.data.custom_id,
                values: match press.data.kind {
                    ComponentInteractionDataKind::StringSelect { values } => values,
                    // A button: the bot shows no other menus.
                    _ => Vec::new(),
                },
            };
            event!(press, kind)
        }
        discord::Interaction::Modal(form) => {
            let kind = InteractionKind::Form {
                message: form.message.map(|message| message.id.into()),
                custom_id: form.data.custom_id,
                fields,
            };
            event!(form, kind)
        }
        _ => return None,
    })
}
