//! serenity's messages and interactions, as our own types.

use std::time::Instant;

use serenity::all::{
    Attachment, Channel, ChannelType, CommandDataOptionValue, CommandInteraction,
    ComponentInteraction, GuildChannel, Member, Message, MessageReference, MessageReferenceKind,
    PartialChannel, User,
};

use super::intake::{Delivered, Extras, Person, Slash};
use crate::{
    channel::{Interaction, Threads},
    external::{Context, Fate, File, Part, Quote},
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// Notes what a channel of a guild is.
pub(super) fn learn(threads: &Threads, channel: &GuildChannel) {
    let name = Some(&channel.name);
    place(threads, channel.id, channel.kind, channel.parent_id, name);
}

/// Notes what the channel of an interaction is.
pub(super) fn learn_partial(threads: &Threads, channel: &PartialChannel) {
    let name = channel.name.as_ref();
    place(threads, channel.id, channel.kind, channel.parent_id, name);
}

/// Notes what a channel is that was asked for.
pub(super) fn learn_any(threads: &Threads, channel: &Channel) {
    match channel {
        Channel::Guild(channel) => learn(threads, channel),
        Channel::Private(channel) => threads.learn_channel(ChannelId(channel.id.get())),
        _ => {}
    }
}

fn place(
    threads: &Threads,
    channel: serenity::all::ChannelId,
    kind: ChannelType,
    parent: Option<serenity::all::ChannelId>,
    name: Option<&String>,
) {
    let channel = ChannelId(channel.get());
    let is_thread = matches!(
        kind,
        ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread
    );
    match parent {
        Some(parent) if is_thread => {
            let name = name.cloned().unwrap_or_default();
            threads.learn(channel, ChannelId(parent.get()), name);
        }
        // Nobody knows whose rules hold there.
        None if is_thread => {}
        _ => threads.learn_channel(channel),
    }
}

/// A message.
pub(super) fn delivered(message: Message, bot: UserId) -> Delivered {
    let roles = message
        .member
        .as_ref()
        .map(|member| roles(&member.roles))
        .unwrap_or_default();
    let nick = message
        .member
        .as_ref()
        .and_then(|member| member.nick.clone());
    let author = &message.author;
    Delivered {
        id: MessageId(message.id.get()),
        channel: ChannelId(message.channel_id.get()),
        guild: message.guild_id.map(|guild| GuildId(guild.get())),
        mentions_bot: message.mentions.iter().any(|user| user.id.get() == bot.0),
        replies_to_bot: message
            .referenced_message
            .as_ref()
            .is_some_and(|replied| replied.author.id.get() == bot.0),
        extras: extras(&message),
        context: Box::new(context(&message, bot)),
        author: Person {
            id: UserId(author.id.get()),
            name: name(nick, author),
            roles,
            is_bot: author.bot,
            is_webhook: message.webhook_id.is_some(),
        },
        text: message.content,
    }
}

fn name(nick: Option<String>, user: &User) -> String {
    nick.or_else(|| user.global_name.clone())
        .unwrap_or_else(|| user.name.clone())
}

/// What the message replies to and forwards, and the files of all of them.
fn context(message: &Message, bot: UserId) -> Context {
    let is_forward = |reference: &MessageReference| reference.kind == MessageReferenceKind::Forward;
    let replied = message
        .referenced_message
        .as_deref()
        .filter(|_| !message.message_reference.as_ref().is_some_and(is_forward));
    let forwarded = &message.message_snapshots;
    let quoted = replied
        .map(|replied| &replied.attachments[..])
        .unwrap_or_default();
    let own = message
        .attachments
        .iter()
        .map(|own| file(own, Part::Message));
    let quoted = quoted.iter().map(|quoted| file(quoted, Part::Quote));
    let brought = forwarded
        .iter()
        .flat_map(|snapshot| &snapshot.attachments)
        .map(|brought| file(brought, Part::Forward));
    Context {
        thread: None,
        quote: replied.map(|replied| Quote {
            author: UserId(replied.author.id.get()),
            name: name(None, &replied.author),
            is_own: replied.author.id.get() == bot.0,
            text: replied.content.clone(),
        }),
        forwards: forwarded
            .iter()
            .map(|snapshot| snapshot.content.clone())
            .collect(),
        files: own.chain(quoted).chain(brought).collect(),
    }
}

fn file(attachment: &Attachment, part: Part) -> File {
    File {
        name: attachment.filename.clone(),
        kind: attachment.content_type.clone(),
        size: attachment.size.into(),
        part,
        fate: Fate::Offered(attachment.url.clone()),
    }
}

fn extras(message: &Message) -> Extras {
    if !message.sticker_items.is_empty() || !message.embeds.is_empty() || message.poll.is_some() {
        Extras::Other
    } else {
        Extras::None
    }
}

/// Who pressed a button.
pub(super) fn presser(press: &ComponentInteraction) -> Person {
    person(&press.user, press.member.as_ref())
}

fn person(user: &User, member: Option<&Member>) -> Person {
    Person {
        id: UserId(user.id.get()),
        name: name(member.and_then(|member| member.nick.clone()), user),
        roles: member
            .map(|member| roles(&member.roles))
            .unwrap_or_default(),
        is_bot: user.bot,
        is_webhook: false,
    }
}

/// A slash command.
pub(super) fn used(command: &CommandInteraction) -> Slash {
    let options = command
        .data
        .options
        .iter()
        .filter_map(|option| match &option.value {
            CommandDataOptionValue::String(value) => Some((option.name.clone(), value.clone())),
            _ => None,
        });
    Slash {
        channel: ChannelId(command.channel_id.get()),
        guild: command.guild_id.map(|guild| GuildId(guild.get())),
        author: person(&command.user, command.member.as_deref()),
        name: command.data.name.clone(),
        options: options.collect(),
        interaction: Interaction {
            id: command.id.get(),
            token: command.token.clone(),
            at: Instant::now(),
        },
    }
}

fn roles(roles: &[serenity::all::RoleId]) -> Vec<RoleId> {
    roles.iter().map(|role| RoleId(role.get())).collect()
}
