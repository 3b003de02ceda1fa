//! What a message replies to, forwards and shows, and whom its ids name.

use serde_json::Value;
use serenity::all::{
    self as discord, Attachment, Message, MessageFlags, MessageReferenceKind, MessageType, User,
};

use super::content;
use crate::{
    chat::Directory,
    external::{Context, File, FileOrigin, FileState, Named, NamedKind, Quote, Wanted, named_ids},
    snowflake::{ChannelId, RoleId, UserId},
};

pub(super) fn display_name(user: &User) -> String {
    user.global_name.as_ref().unwrap_or(&user.name).clone()
}

/// The role that a bot has to itself, if it is among those mentioned.
pub(super) fn bot_role(
    mentioned: &[discord::RoleId],
    bot: UserId,
    directory: &Directory,
) -> Option<RoleId> {
    let mut roles = mentioned.iter().map(|role| RoleId::from(*role));
    roles.find(|role| directory.is_role_of(*role, bot))
}

/// Who the ids in a text name, unless that is the bot alone.
pub(super) fn names(
    text: &str,
    mentions: &[User],
    bot: UserId,
    directory: &Directory,
) -> Vec<Named> {
    let named = named_ids(text).into_iter().filter_map(|(kind, id)| {
        let name = match kind {
            NamedKind::User if id == bot.0 => None,
            NamedKind::User => {
                let user = mentions.iter().find(|user| user.id.get() == id)?;
                let member = user.member.as_ref();
                let nick = member.and_then(|member| member.nick.clone());
                Some(nick.unwrap_or_else(|| display_name(user)))
            }
            NamedKind::Channel => Some(directory.place(ChannelId(id))?.name?),
            NamedKind::Role => Some(directory.role_name(RoleId(id))?),
        };
        Some(Named { kind, id, name })
    });
    let named: Vec<_> = named.collect();
    match named[..] {
        [Named { name: None, .. }] => Vec::new(),
        _ => named,
    }
}

/// The message as JSON, without the previews of links in people's messages.
fn as_json(message: &Message, json: Option<&Value>) -> Value {
    let known = json.cloned();
    let mut json = known.unwrap_or_else(|| serde_json::to_value(message).unwrap_or_default());
    if !is_bot_or_webhook(message) && json.is_object() {
        json["embeds"] = Value::Null;
    }
    json
}

fn is_bot_or_webhook(message: &Message) -> bool {
    message.author.bot || message.webhook_id.is_some()
}

/// Whether serenity shows nothing of a message but files: it may consist of components, which bots and webhooks can
/// send with files, or forward another one.
fn shows_nothing(message: &Message) -> bool {
    message.content.is_empty()
        && message.embeds.is_empty()
        && (message.attachments.is_empty() || is_bot_or_webhook(message))
        && message.sticker_items.is_empty()
        && message.message_snapshots.is_empty()
        && message.poll.is_none()
}

/// What the message replies to, forwards and shows, and the files of all of them.
pub(super) fn context(message: &Message, json: Option<&Value>, bot: UserId) -> Context {
    let reference = message.message_reference.as_ref();
    let is_forward = reference.is_some_and(|it| it.kind == MessageReferenceKind::Forward);
    let replied = message.referenced_message.as_deref();
    let replied =
        replied.filter(|_| !is_forward && message.kind != MessageType::ThreadStarterMessage);
    let is_reply = message.kind == MessageType::InlineReply && !is_forward;
    let shown_in = as_json(message, json);
    let forwards = content::forwards(&shown_in);
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
    let replied = replied.filter(|replied| !shows_nothing(replied));
    let has_forwarded = files.iter().any(|file| file.origin == FileOrigin::Forward);
    let wanted = Wanted {
        quote: reference
            .filter(|_| is_reply && replied.is_none())
            .and_then(|it| Some((message.channel_id.into(), it.message_id?.into()))),
        itself: json.is_none()
            && (is_forward && forwards.is_empty() && !has_forwarded
                || !is_forward && is_bot_or_webhook(message) && shows_nothing(message)),
        ..Wanted::default()
    };
    Context {
        replied: reference
            .filter(|_| is_reply)
            .and_then(|it| it.message_id)
            .map(Into::into),
        quote: replied.map(|replied| Quote {
            author: replied.author.id.into(),
            name: display_name(&replied.author),
            is_own: replied.author.id.get() == bot.0,
            text: content::readable(&serde_json::to_value(replied).unwrap_or_default()),
        }),
        forwards,
        shown: content::shown(&shown_in),
        stickers: content::stickers(&shown_in).map(str::to_owned).collect(),
        files,
        wanted,
        ..Context::default()
    }
}
