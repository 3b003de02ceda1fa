//! Fetches messages as the gateway would have delivered them.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serenity::all::{Channel, Message, PartialMember, UserId as DiscordUserId};

use super::{
    convert,
    ingress::is_said,
    rest::{Call, Failed, Rest},
};
use crate::{
    chat::{ChatMessage, Directory},
    snowflake::{ChannelId, MessageId, UserId},
};

/// What it takes to fetch messages. Clones share everything.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) rest: Rest,
    pub(crate) directory: Directory,
    /// The bot's own user. Its id is the application's for every application made since 2016 or so; READY corrects it.
    pub(super) bot: Arc<AtomicU64>,
}

impl History {
    pub(crate) fn bot(&self) -> UserId {
        UserId(self.bot.load(Ordering::Relaxed))
    }

    pub(super) async fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<ChatMessage, Failed> {
        let (message, json) = self.rest.message(channel, message).await?;
        let mut messages = [message];
        self.complete(channel, &mut messages).await?;
        let [message] = messages;
        let (json, directory) = (Some(&json), &self.directory);
        Ok(convert::with_json(message, json, self.bot(), directory))
    }

    /// A channel's newest messages, or the newest before one: oldest first, at most `limit` (1 to 100).
    pub(super) async fn before(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<ChatMessage>, Failed> {
        let mut call = Call::messages(channel, None, limit.clamp(1, 100));
        if let Some(before) = before {
            call = call.query("before", before);
        }
        let found = self.rest.messages_with_json(&call).await?;
        let (mut messages, json): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        self.complete(channel, &mut messages).await?;
        let messages = messages.into_iter().zip(&json);
        let messages = messages.filter(|(message, _)| is_said(message));
        let (bot, directory) = (self.bot(), &self.directory);
        Ok(messages
            .map(|(message, json)| convert::with_json(message, Some(json), bot, directory))
            .collect())
    }

    /// Adds what fetched messages lack: the guild, and the author as a member of it.
    pub(super) async fn complete(
        &self,
        channel: ChannelId,
        messages: &mut [Message],
    ) -> Result<(), Failed> {
        let found = self.rest.channel(channel).await?;
        convert::learn_any(&self.directory, &found);
        let Channel::Guild(found) = found else {
            return Ok(());
        };
        let mut members: HashMap<DiscordUserId, Option<PartialMember>> = HashMap::new();
        for message in messages {
            message.guild_id = Some(found.guild_id);
            let author = message.author.id;
            if message.author.bot || message.webhook_id.is_some() {
                continue;
            }
            let member = match members.entry(author) {
                Entry::Occupied(member) => member.into_mut(),
                Entry::Vacant(entry) => {
                    let member = self.rest.member(found.guild_id.into(), author.into());
                    entry.insert(member.await?)
                }
            };
            message.member = member.clone().map(Box::new);
        }
        Ok(())
    }
}
