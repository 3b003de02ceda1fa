//! Converts serenity's messages and interactions to the chat port's types.

use chrono::{DateTime, TimeDelta, Utc};
use serenity::all::{
    self as discord, ActionRowComponent, Attachment, Channel, ChannelType, CommandDataOptionValue,
    ComponentInteractionDataKind, GuildChannel, Message, MessageFlags, MessageReferenceKind,
    MessageUpdateEvent, PartialChannel, User,
};

use crate::{
    chat::{Author, ChatEvent, ChatMessage, Directory, Interaction, MessageEdit, Place},
    external::{Context, File, FileOrigin, FileState, Quote},
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
    learn_place(directory, channel.id, kind, guild, name);
}

fn learn_partial(
    directory: &Directory,
    channel: Option<&PartialChannel>,
    guild: Option<discord::GuildId>,
) {
    if let Some(channel) = channel {
        let kind = (channel.kind, channel.parent_id);
        learn_place(directory, channel.id, kind, guild, channel.name.as_ref());
    }
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
    name: Option<&String>,
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
        name: name.cloned(),
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
    let member = message.member.as_deref();
    let member = member.map(|member| (member.nick.clone(), &member.roles[..]));
    let replied = message.referenced_message.as_ref();
    ChatMessage {
        id: message.id.into(),
        place: place(directory, message.channel_id, message.guild_id),
        mentions_bot: message.mentions.iter().any(|user| user.id.get() == bot.0),
        replies_to_bot: replied.is_some_and(|replied| replied.author.id.get() == bot.0),
        has_other_content: !message.sticker_items.is_empty()
            || !message.embeds.is_empty()
            || message.poll.is_some(),
        context: Box::new(context(&message, bot)),
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

fn display_name(user: &User) -> String {
    user.global_name.as_ref().unwrap_or(&user.name).clone()
}

/// What the message replies to and forwards, and the files of all of them.
fn context(message: &Message, bot: UserId) -> Context {
    let reference = message.message_reference.as_ref();
    let is_forward = reference.is_some_and(|it| it.kind == MessageReferenceKind::Forward);
    let replied = message.referenced_message.as_deref();
    let replied = replied.filter(|_| !is_forward);
    let forwarded = &message.message_snapshots;
    let mut files = Vec::new();
    let mut add = |from: &[Attachment], flags: Option<MessageFlags>, origin: FileOrigin| {
        let is_voice = flags.is_some_and(|it| it.contains(MessageFlags::IS_VOICE_MESSAGE));
        files.extend(from.iter().map(|attachment| File {
            name: attachment.filename.clone(),
            media_type: attachment.content_type.clone(),
            size: attachment.size.into(),
            origin,
            is_voice,
            state: FileState::Offered(attachment.url.clone()),
        }));
    };
    add(&message.attachments, message.flags, FileOrigin::Message);
    if let Some(replied) = replied {
        add(&replied.attachments, replied.flags, FileOrigin::Quote);
    }
    for snapshot in forwarded {
        add(&snapshot.attachments, snapshot.flags, FileOrigin::Forward);
    }
    Context {
        thread: None,
        quote: replied.map(|replied| Quote {
            author: replied.author.id.into(),
            name: display_name(&replied.author),
            is_own: replied.author.id.get() == bot.0,
            text: replied.content.clone(),
        }),
        forwards: forwarded
            .iter()
            .map(|snapshot| snapshot.content.clone())
            .collect(),
        files,
    }
}

/// Converts an edit, which has its author and mentions only if Discord sends them.
pub(super) fn edit(event: MessageUpdateEvent, bot: UserId, directory: &Directory) -> MessageEdit {
    let member = event.member.flatten();
    let member = member.as_ref();
    let is_webhook = event.webhook_id.flatten().is_some();
    let mentions = event.mentions.as_ref();
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
        mentions_bot: mentions.map(|users| users.iter().any(|user| user.id.get() == bot.0)),
    }
}

/// Converts an interaction, after remembering its channel; `None` for what the bot never asks for.
pub(super) fn interaction(
    interaction: discord::Interaction,
    directory: &Directory,
) -> Option<ChatEvent> {
    /// The place, the author and the handle.
    macro_rules! origin {
        ($from:expr) => {{
            learn_partial(directory, $from.channel.as_ref(), $from.guild_id);
            let member = $from.member.as_ref();
            let member = member.map(|member| (member.nick.clone(), &member.roles[..]));
            (
                place(directory, $from.channel_id, $from.guild_id),
                author(&$from.user, member),
                Interaction {
                    id: $from.id.get(),
                    token: $from.token,
                    deadline: Utc::now() + FIRST_REPLY_WITHIN,
                },
            )
        }};
    }
    Some(match interaction {
        discord::Interaction::Command(command) => {
            let (place, author, interaction) = origin!(command);
            let options = command.data.options.into_iter();
            let options = options.filter_map(|option| match option.value {
                CommandDataOptionValue::String(value) => Some((option.name, value)),
                _ => None,
            });
            ChatEvent::Command {
                place,
                author,
                interaction,
                name: command.data.name,
                options: options.collect(),
            }
        }
        discord::Interaction::Autocomplete(command) => {
            let (place, author, interaction) = origin!(command);
            let option = command.data.autocomplete()?;
            ChatEvent::Autocomplete {
                place,
                author,
                interaction,
                option: option.name.to_owned(),
                typed: option.value.to_owned(),
                command: command.data.name,
            }
        }
        discord::Interaction::Component(press) => {
            let (place, author, interaction) = origin!(press);
            ChatEvent::Press {
                place,
                author,
                interaction,
                message: press.message.id.into(),
                custom_id: press.data.custom_id,
                values: match press.data.kind {
                    ComponentInteractionDataKind::StringSelect { values } => values,
                    // A button: the bot shows no other menus.
                    _ => Vec::new(),
                },
            }
        }
        discord::Interaction::Modal(form) => {
            let (place, author, interaction) = origin!(form);
            let components = form.data.components.into_iter();
            let components = components.flat_map(|row| row.components);
            let fields = components.filter_map(|component| match component {
                ActionRowComponent::InputText(field) => {
                    Some((field.custom_id, field.value.unwrap_or_default()))
                }
                _ => None,
            });
            ChatEvent::FormSubmitted {
                place,
                author,
                interaction,
                custom_id: form.data.custom_id,
                fields: fields.collect(),
            }
        }
        _ => return None,
    })
}
