//! Messages that are fetched, as the gateway would have delivered them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serenity::all::{Channel, Message, PartialMember};

use super::{
    convert,
    rest::{Failed, Rest},
};
use crate::{
    chat::{ChatMessage, Directory},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// Fetches messages.
#[derive(Clone)]
pub(super) struct History {
    pub(super) rest: Rest,
    pub(super) directory: Directory,
    bot: Arc<AtomicU64>,
}

impl History {
    pub(super) fn new(rest: Rest, directory: Directory, bot: Arc<AtomicU64>) -> Self {
        Self {
            rest,
            directory,
            bot,
        }
    }

    /// One message.
    pub(super) async fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<ChatMessage, Failed> {
        let mut messages = [self.rest.message(channel, message).await?];
        self.complete(channel, &mut messages).await?;
        let [message] = messages;
        Ok(self.convert(message))
    }

    /// The last messages of a channel, or the last before one: oldest first, at most `limit` (1 to 100).
    pub(super) async fn before(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u8,
    ) -> Result<Vec<ChatMessage>, Failed> {
        let mut messages = self.rest.messages_before(channel, before, limit).await?;
        self.complete(channel, &mut messages).await?;
        let messages = messages.into_iter().map(|message| self.convert(message));
        Ok(messages.collect())
    }

    fn convert(&self, message: Message) -> ChatMessage {
        let bot = UserId(self.bot.load(Ordering::Relaxed));
        convert::message(message, bot, &self.directory)
    }

    /// Adds what fetched messages lack: their guild, and their author as a member of it.
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
        let guild = GuildId(found.guild_id.get());
        let mut members: HashMap<UserId, Option<PartialMember>> = HashMap::new();
        for message in messages {
            message.guild_id = Some(found.guild_id);
            let author = UserId(message.author.id.get());
            if message.author.bot || message.webhook_id.is_some() {
                continue;
            }
            let member = match members.get(&author) {
                Some(member) => member.clone(),
                None => {
                    let member = self.rest.member(guild, author).await?;
                    members.insert(author, member.clone());
                    member
                }
            };
            message.member = member.map(Box::new);
        }
        Ok(())
    }
}
