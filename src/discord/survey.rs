//! Looks at the bot's account, its guilds and its permissions, for `doctor` and `init`.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use serenity::all::{ApplicationFlags, ChannelType};
use tokio::time::{Instant, timeout_at};
use twilight_gateway::Intents;
use uuid::Uuid;

use super::{
    Fatal,
    gateway::connection::{ConnectionSetup, OpenError},
    login::reads_content,
    permission::Granted,
    rest::{Call, Failed, ONE_TRY, Rest, route},
    session_start::SessionStartLimit,
    shard::Shard,
};
use crate::{
    config::{ApiBase, Environment, Token},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// How long all guilds may take to be asked for, and how many are asked for at a time.
const ASKING: Duration = Duration::from_mins(1);
const AT_A_TIME: usize = 4;

/// The account behind a token.
#[derive(Debug, Clone)]
pub(crate) struct BotAccount {
    /// The id of the application.
    pub(crate) id: u64,
    pub(crate) bot: UserId,
    pub(crate) name: String,
    /// Whether the message content intent is ticked.
    pub(crate) reads_content: bool,
    /// Whether Discord has reviewed the application and granted that intent without limit.
    pub(crate) is_reviewed: bool,
    /// In about how many guilds it is.
    pub(crate) guilds: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    /// Those that people write in.
    pub(crate) channels: Vec<Channel>,
}

#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) name: String,
    pub(crate) granted: Granted,
}

/// Asks Discord with one token, once for everything.
pub(crate) struct Survey {
    rest: Rest,
    token: Token,
    api_base: Option<ApiBase>,
}

impl Survey {
    pub(crate) fn new(
        token: &Token,
        api_base: Option<&ApiBase>,
        environment: &Environment,
    ) -> Result<Self, Fatal> {
        Ok(Self {
            rest: Rest::new(token, api_base, environment)?,
            token: token.clone(),
            api_base: api_base.cloned(),
        })
    }

    pub(crate) async fn account(&self) -> Result<BotAccount, Failed> {
        let found = self.rest.application().await?;
        let me = self.rest.me().await?;
        let flags = found.flags.unwrap_or_default();
        Ok(BotAccount {
            id: found.id.get(),
            reads_content: reads_content(&found),
            is_reviewed: flags.contains(ApplicationFlags::GATEWAY_MESSAGE_CONTENT),
            guilds: found.approximate_guild_count.unwrap_or_default(),
            bot: me.id.into(),
            name: found.name,
        })
    }

    /// How far Discord's clock is ahead of this machine's, going by the last answer.
    pub(crate) fn clock_difference(&self) -> TimeDelta {
        self.rest.time() - Utc::now()
    }

    /// The guilds, each as it is or with why it can't be seen.
    pub(crate) async fn guilds(&self, bot: UserId) -> Result<Vec<Result<Guild, Failed>>, Failed> {
        let until = Instant::now() + ASKING;
        let guilds = self.rest.guilds().await?;
        let asked = guilds.into_iter().map(|guild| {
            let asked = timeout_at(until, self.guild(guild.id.into(), bot));
            asked
                .map(|asked| asked.unwrap_or_else(|_| Err(Failed::unanswered("no answer in time"))))
        });
        Ok(stream::iter(asked).buffered(AT_A_TIME).collect().await)
    }

    async fn guild(&self, id: GuildId, bot: UserId) -> Result<Guild, Failed> {
        let (guild, channels, member) = self.rest.guild(id, bot).await?;
        let channels = channels.iter().filter(|channel| {
            use ChannelType::{Forum, News, Text};
            matches!(channel.kind, Text | News | Forum)
        });
        Ok(Guild {
            id,
            channels: channels
                .map(|channel| Channel {
                    id: channel.id.into(),
                    name: channel.name.clone(),
                    granted: Granted(guild.user_permissions_in(channel, &member)),
                })
                .collect(),
            name: guild.name,
        })
    }

    /// Connects to the gateway without starting a session. Returns how many sessions may still be started today.
    pub(crate) async fn gateway(&self) -> Result<SessionStartLimit, String> {
        let found = self.rest.gateway().await.map_err(|failed| failed.reason)?;
        if let Some(base) = &self.api_base
            && !found
                .url
                .starts_with(&base.as_str().replacen("http://", "ws://", 1))
        {
            return Err(Fatal::NotLoopback(found.url).to_string());
        }
        let setup = ConnectionSetup::new(self.token.expose(), Intents::empty());
        let shard = Shard { id: 0, total: 1 };
        match setup.connect(shard, &found.url).await {
            Ok(_) => Ok(found.session_start_limit),
            Err(OpenError::Fatal(fatal)) => Err(fatal.to_string()),
            Err(OpenError::Passing(reason)) => Err(reason),
        }
    }

    /// Posts a message.
    pub(crate) async fn say(&self, channel: ChannelId, text: &str) -> Result<MessageId, Failed> {
        let body = json!({
            "content": text, "allowed_mentions": { "parse": [] },
            "nonce": Uuid::new_v4().simple().to_string()[..25], "enforce_nonce": true,
        });
        let call = Call::new(route::CREATE_MESSAGE, &[&channel]);
        self.rest.send_for_id(&call.json(&body).once(ONE_TRY)).await
    }
}
