//! serenity's messages and interactions, as our own types.

use std::time::Instant;

use serenity::all::{
    CommandDataOptionValue, CommandInteraction, ComponentInteraction, Member, Message,
    MessageReference, MessageReferenceKind, User,
};

use super::intake::{Delivered, Extras, Person, Slash};
use crate::{
    channel::Interaction,
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

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
        author: Person {
            id: UserId(author.id.get()),
            name: nick
                .or_else(|| author.global_name.clone())
                .unwrap_or_else(|| author.name.clone()),
            roles,
            is_bot: author.bot,
            is_webhook: message.webhook_id.is_some(),
        },
        text: message.content,
    }
}

fn extras(message: &Message) -> Extras {
    let is_forward = |reference: &MessageReference| reference.kind == MessageReferenceKind::Forward;
    if !message.attachments.is_empty() {
        Extras::Files
    } else if !message.sticker_items.is_empty()
        || !message.embeds.is_empty()
        || message.poll.is_some()
        || message.message_reference.as_ref().is_some_and(is_forward)
    {
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
        name: member
            .and_then(|member| member.nick.clone())
            .or_else(|| user.global_name.clone())
            .unwrap_or_else(|| user.name.clone()),
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
