//! What Discord answers when it is asked for messages, as the gateway would have given them.

use std::collections::HashMap;

use serenity::all::{Channel, Message, PartialMember};

use super::{Missed, plan::go_on};
use crate::{
    discord::{convert, rest::Failed},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// How many pages of 100 messages are read of one channel.
const MOST_PAGES: usize = 50;

/// Messages on a page.
const PAGE: u8 = 100;

impl Missed {
    /// A channel's messages after one, oldest first, as the gateway would have given them, and whether these are all
    /// that there were.
    pub(super) async fn ask(
        &self,
        channel: ChannelId,
        after: MessageId,
    ) -> Result<(Vec<Message>, bool), Failed> {
        let mut messages = Vec::new();
        let mut last = after;
        let (mut is_last, mut is_all) = (false, true);
        for number in 1..=MOST_PAGES {
            let page = self.rest.messages_after(channel, Some(last), PAGE).await?;
            is_last = page.len() < usize::from(PAGE);
            if let Some(newest) = page.last() {
                last = MessageId(newest.id.get());
            }
            messages.extend(page);
            if is_last {
                break;
            }
            let is_skipping;
            (last, is_skipping) = go_on(number, last, &self.bounds, self.rest.time());
            is_all &= !is_skipping;
        }
        if !messages.is_empty() {
            self.complete(channel, &mut messages).await?;
        }
        Ok((messages, is_all && is_last))
    }

    /// One message, as the gateway would have given it.
    pub(in crate::discord) async fn fetch(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<Message, Failed> {
        let mut messages = [self.rest.message(channel, message).await?];
        self.complete(channel, &mut messages).await?;
        let [message] = messages;
        Ok(message)
    }

    /// Adds what messages lack that are asked for: their guild, and their author as a member of it.
    async fn complete(&self, channel: ChannelId, messages: &mut [Message]) -> Result<(), Failed> {
        let found = self.rest.channel(channel).await?;
        convert::learn_any(&self.threads, &found);
        let Channel::Guild(place) = found else {
            return Ok(());
        };
        let guild = GuildId(place.guild_id.get());
        let mut members: HashMap<UserId, Option<PartialMember>> = HashMap::new();
        for message in messages {
            message.guild_id = Some(place.guild_id);
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
