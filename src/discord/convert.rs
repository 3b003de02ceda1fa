//! serenity's messages and interactions, as the chat port's types.

use chrono::{DateTime, TimeDelta, Utc};
use serenity::all::{
    ActionRowComponent, Attachment, AutocompleteOption, Channel, ChannelType,
    CommandDataOptionValue, CommandInteraction, ComponentInteraction, ComponentInteractionDataKind,
    GuildChannel, Member, Message, MessageReference, MessageReferenceKind, MessageUpdateEvent,
    ModalInteraction, PartialChannel, User,
};

use crate::{
    chat::{Author, ChatEvent, ChatMessage, Directory, Interaction, MessageEdit, Place},
    external::{Context, File, FileOrigin, FileState, Quote},
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// How long an interaction waits for its first reply (Discord developer docs, "Interactions").
const FIRST_REPLY_WITHIN: TimeDelta = TimeDelta::seconds(3);

/// Takes note of what a channel of a guild is.
pub(super) fn learn(directory: &Directory, channel: &GuildChannel) {
    let (name, guild) = (Some(&channel.name), Some(channel.guild_id));
    let kind = (channel.kind, channel.parent_id);
    learn_place(directory, channel.id, kind, guild, name);
}

/// Takes note of what the channel of an interaction is.
pub(super) fn learn_partial(
    directory: &Directory,
    channel: &PartialChannel,
    guild: Option<serenity::all::GuildId>,
) {
    let kind = (channel.kind, channel.parent_id);
    learn_place(directory, channel.id, kind, guild, channel.name.as_ref());
}

/// Takes note of what a fetched channel is.
pub(super) fn learn_any(directory: &Directory, channel: &Channel) {
    match channel {
        Channel::Guild(channel) => learn(directory, channel),
        Channel::Private(channel) => {
            directory.learn(&Place::channel(ChannelId(channel.id.get())));
        }
        _ => {}
    }
}

fn learn_place(
    directory: &Directory,
    channel: serenity::all::ChannelId,
    (kind, parent): (ChannelType, Option<serenity::all::ChannelId>),
    guild: Option<serenity::all::GuildId>,
    name: Option<&String>,
) {
    let is_thread = matches!(
        kind,
        ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread
    );
    // Whose rules hold in a thread without a parent is not known.
    if is_thread && parent.is_none() {
        return;
    }
    directory.learn(&Place {
        channel: ChannelId(channel.get()),
        guild: guild.map(|guild| GuildId(guild.get())),
        parent: parent
            .filter(|_| is_thread)
            .map(|parent| ChannelId(parent.get())),
        name: name.cloned(),
        guild_name: None,
    });
}

/// A place by its channel, as far as it is known.
pub(super) fn place(
    directory: &Directory,
    channel: ChannelId,
    guild: Option<serenity::all::GuildId>,
) -> Place {
    let guild = guild.map(|guild| GuildId(guild.get()));
    let known = directory.place(channel);
    let place = known.unwrap_or_else(|| Place::channel(channel));
    Place {
        guild: guild.or(place.guild),
        ..place
    }
}

/// A message.
pub(super) fn message(message: Message, bot: UserId, directory: &Directory) -> ChatMessage {
    let channel = ChannelId(message.channel_id.get());
    let member = message.member.as_deref();
    let replied = message.referenced_message.as_ref();
    ChatMessage {
        id: MessageId(message.id.get()),
        place: place(directory, channel, message.guild_id),
        mentions_bot: message.mentions.iter().any(|user| user.id.get() == bot.0),
        replies_to_bot: replied.is_some_and(|replied| replied.author.id.get() == bot.0),
        has_other_content: !message.sticker_items.is_empty()
            || !message.embeds.is_empty()
            || message.poll.is_some(),
        context: Box::new(context(&message, bot)),
        author: Author {
            id: UserId(message.author.id.get()),
            name: name(
                member.and_then(|member| member.nick.clone()),
                &message.author,
            ),
            roles: member
                .map(|member| roles(&member.roles))
                .unwrap_or_default(),
            is_bot: message.author.bot,
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
        .map(|own| file(own, FileOrigin::Message));
    let quoted = quoted.iter().map(|quoted| file(quoted, FileOrigin::Quote));
    let brought = forwarded
        .iter()
        .flat_map(|snapshot| &snapshot.attachments)
        .map(|brought| file(brought, FileOrigin::Forward));
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

fn file(attachment: &Attachment, origin: FileOrigin) -> File {
    File {
        name: attachment.filename.clone(),
        media_type: attachment.content_type.clone(),
        size: attachment.size.into(),
        origin,
        state: FileState::Offered(attachment.url.clone()),
    }
}

/// An edit of a message.
pub(super) fn edit(event: MessageUpdateEvent, bot: UserId, directory: &Directory) -> MessageEdit {
    let channel = ChannelId(event.channel_id.get());
    let member = event.member.flatten();
    let webhook = event.webhook_id.flatten();
    let author = event.author.map(|user| Author {
        id: UserId(user.id.get()),
        name: name(
            member.as_ref().and_then(|member| member.nick.clone()),
            &user,
        ),
        roles: member
            .as_ref()
            .map(|member| roles(&member.roles))
            .unwrap_or_default(),
        is_bot: user.bot,
        is_webhook: webhook.is_some(),
    });
    let mentions = event.mentions.as_ref();
    MessageEdit {
        id: MessageId(event.id.get()),
        place: place(directory, channel, event.guild_id),
        author,
        text: event.content,
        edited_at: event
            .edited_timestamp
            .and_then(|time| DateTime::from_timestamp_millis(time.unix_timestamp() * 1_000)),
        mentions_bot: mentions.map(|users| users.iter().any(|user| user.id.get() == bot.0)),
    }
}

/// Who used a slash command, pressed a button or submitted a form.
fn author(user: &User, member: Option<&Member>) -> Author {
    Author {
        id: UserId(user.id.get()),
        name: name(member.and_then(|member| member.nick.clone()), user),
        roles: member
            .map(|member| roles(&member.roles))
            .unwrap_or_default(),
        is_bot: user.bot,
        is_webhook: false,
    }
}

fn interaction(id: serenity::all::InteractionId, token: &str) -> Interaction {
    Interaction {
        id: id.get(),
        token: token.to_owned(),
        deadline: Utc::now() + FIRST_REPLY_WITHIN,
    }
}

/// A slash command.
pub(super) fn command(command: &CommandInteraction, directory: &Directory) -> ChatEvent {
    let options = command
        .data
        .options
        .iter()
        .filter_map(|option| match &option.value {
            CommandDataOptionValue::String(value) => Some((option.name.clone(), value.clone())),
            _ => None,
        });
    let channel = ChannelId(command.channel_id.get());
    ChatEvent::Command {
        place: place(directory, channel, command.guild_id),
        author: author(&command.user, command.member.as_deref()),
        interaction: interaction(command.id, &command.token),
        name: command.data.name.clone(),
        options: options.collect(),
    }
}

/// A slash command that is being typed; `None` where it is not told which option wants suggestions.
pub(super) fn autocomplete(
    command: &CommandInteraction,
    directory: &Directory,
) -> Option<ChatEvent> {
    let AutocompleteOption { name, value, .. } = command.data.autocomplete()?;
    let channel = ChannelId(command.channel_id.get());
    Some(ChatEvent::Autocomplete {
        place: place(directory, channel, command.guild_id),
        author: author(&command.user, command.member.as_deref()),
        interaction: interaction(command.id, &command.token),
        command: command.data.name.clone(),
        option: name.to_owned(),
        typed: value.to_owned(),
    })
}

/// A press of a button, or a choice from a menu.
pub(super) fn press(press: &ComponentInteraction, directory: &Directory) -> ChatEvent {
    let values = match &press.data.kind {
        ComponentInteractionDataKind::StringSelect { values } => values.clone(),
        ComponentInteractionDataKind::UserSelect { values } => strings(values),
        ComponentInteractionDataKind::RoleSelect { values } => strings(values),
        ComponentInteractionDataKind::MentionableSelect { values } => strings(values),
        ComponentInteractionDataKind::ChannelSelect { values } => strings(values),
        ComponentInteractionDataKind::Button | ComponentInteractionDataKind::Unknown(_) => {
            Vec::new()
        }
    };
    let channel = ChannelId(press.channel_id.get());
    ChatEvent::Press {
        place: place(directory, channel, press.guild_id),
        author: author(&press.user, press.member.as_ref()),
        interaction: interaction(press.id, &press.token),
        message: MessageId(press.message.id.get()),
        custom_id: press.data.custom_id.clone(),
        values,
    }
}

fn strings<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// A submitted form.
pub(super) fn form(form: &ModalInteraction, directory: &Directory) -> ChatEvent {
    let components = form.data.components.iter().flat_map(|row| &row.components);
    let fields = components.filter_map(|component| match component {
        ActionRowComponent::InputText(input) => Some((
            input.custom_id.clone(),
            input.value.clone().unwrap_or_default(),
        )),
        _ => None,
    });
    let channel = ChannelId(form.channel_id.get());
    ChatEvent::FormSubmitted {
        place: place(directory, channel, form.guild_id),
        author: author(&form.user, form.member.as_ref()),
        interaction: interaction(form.id, &form.token),
        custom_id: form.data.custom_id.clone(),
        fields: fields.collect(),
    }
}

fn roles(roles: &[serenity::all::RoleId]) -> Vec<RoleId> {
    roles.iter().map(|role| RoleId(role.get())).collect()
}
