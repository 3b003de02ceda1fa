//! Fetches messages as the gateway would have delivered them.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use serenity::all::{Channel, Message, MessageType, PartialMember, UserId as DiscordUserId};
use tokio::task::JoinSet;

use super::{
    convert,
    rest::{Call, Failed, Rest},
};
use crate::{
    chat::{ChatMessage, Directory},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// How many members are fetched at the same time.
const MEMBERS_AT_ONCE: usize = 8;

/// How long the authors of earlier messages are looked up. A turn that waits for that waits five seconds in all.
const MEMBERS_WITHIN: Duration = Duration::from_secs(3);

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
        self.complete(channel, &mut messages, Duration::MAX).await?;
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
        let found = found.into_iter().map(starter);
        let (mut messages, json): (Vec<_>, Vec<_>) = found.unzip();
        self.complete(channel, &mut messages, MEMBERS_WITHIN)
            .await?;
        let messages = messages.into_iter().zip(&json);
        let messages = messages.filter(|(message, _)| is_said(message));
        let (bot, directory) = (self.bot(), &self.directory);
        Ok(messages
            .map(|(message, json)| convert::with_json(message, Some(json), bot, directory))
            .collect())
    }

    /// Adds what fetched messages lack: the guild, and the author as a member of it, as far as `within` suffices. Without
    /// that, an author has no roles.
    pub(super) async fn complete(
        &self,
        channel: ChannelId,
        messages: &mut [Message],
        within: Duration,
    ) -> Result<(), Failed> {
        let found = self.rest.channel(channel).await?;
        convert::learn_any(&self.directory, &found);
        let Channel::Guild(found) = found else {
            return Ok(());
        };
        for message in &mut *messages {
            message.guild_id = Some(found.guild_id);
        }
        let people = messages
            .iter()
            .filter(|message| !message.author.bot && message.webhook_id.is_none());
        let people: HashSet<_> = people.map(|message| message.author.id).collect();
        let mut members = HashMap::new();
        let fetched = self.members(found.guild_id.into(), people, &mut members);
        match tokio::time::timeout(within, fetched).await {
            Ok(done) => done?,
            Err(late) => {
                tracing::debug!(%channel, %late, "not all authors of earlier messages were looked up in time");
            }
        }
        for message in messages {
            let member = members.get(&message.author.id).cloned().flatten();
            message.member = member.map(Box::new).or(message.member.take());
        }
        Ok(())
    }

    /// Fetches members of a guild, several at a time.
    async fn members(
        &self,
        guild: GuildId,
        people: HashSet<DiscordUserId>,
        members: &mut HashMap<DiscordUserId, Option<PartialMember>>,
    ) -> Result<(), Failed> {
        let mut people = people.into_iter();
        let mut fetches = JoinSet::new();
        loop {
            while fetches.len() < MEMBERS_AT_ONCE
                && let Some(person) = people.next()
            {
                let rest = self.rest.clone();
                fetches.spawn(async move { (person, rest.member(guild, person.into()).await) });
            }
            match fetches.join_next().await {
                Some(Ok((person, member))) => drop(members.insert(person, member?)),
                Some(Err(error)) => tracing::error!(%error, "a lookup of a member failed"),
                None => return Ok(()),
            }
        }
    }
}

/// A thread begins with a message of Discord's that refers to the one in its channel from which it was started. That one
/// stands for it.
fn starter((mut message, json): (Message, Value)) -> (Message, Value) {
    let is_starter = message.kind == MessageType::ThreadStarterMessage;
    match message.referenced_message.take_if(|_| is_starter) {
        Some(referenced) => (*referenced, json["referenced_message"].clone()),
        None => (message, json),
    }
}

/// Whether somebody wrote the message, other than Discord itself.
pub(super) fn is_said(message: &Message) -> bool {
    matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    )
}

#[cfg(test)]
mod tests;
