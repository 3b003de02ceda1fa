//! The part of the configuration about Discord.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AllowList, ApiBase, Approvals, ApprovalsTo, Approvers, QueueSettings, StreamMode, Threads,
    encoding::{each, number_or_auto, seconds},
};
use crate::snowflake::{ChannelId, GuildId, RoleId, UserId};

/// Discord: login, access and attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Discord {
    /// File that holds the bot token. Default: the variable `DISCORD_TOKEN`, or else systemd's credential `discord_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub token_file: Option<PathBuf>,
    /// Which messages in a guild channel are answered: those that mention the bot, or all. Direct messages are always answered.
    pub respond: Respond,
    /// Who may use the bot. If all lists are empty, only the application's owner (or team) may.
    pub allow: Allow,
    /// IDs of people who may change models, clear sessions and see the usage of others. The owner always may.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub admins: BTreeSet<UserId>,
    /// What happens to a tool call that no allow rule permits: `on` asks in the channel, `off` denies it.
    pub approvals: Approvals,
    /// Where such a call is asked for: in the `channel`, in direct messages to the approvers (`dm`), or in `both`.
    pub approvals_to: ApprovalsTo,
    /// Who decides about such calls. Default: the owner and the admins.
    pub approvers: Approvers,
    /// A call about which nobody decides within this many seconds is denied.
    #[serde(rename = "approval_timeout_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub approval_timeout: Duration,
    /// Messages sent while the bot was offline.
    pub catch_up: CatchUp,
    /// How many of the messages before a mention that were not for the bot Claude is shown as context. Only where it answers mentions; 0 turns it off.
    #[schemars(range(max = 100))]
    pub context_messages: usize,
    /// Whether Claude stops working on a message when it is deleted. A message that waits is withdrawn in any case.
    pub stop_deleted: bool,
    /// The bot exits, so that it can be restarted, if Discord's gateway delivers nothing for this many seconds while Discord is online.
    #[serde(rename = "deaf_after_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub deaf_after: Duration,
    /// Number of connections among which Discord divides the guilds: `"auto"` (as many as Discord recommends) or a number.
    #[serde(with = "number_or_auto")]
    #[schemars(with = "serde_json::Value", extend("type" = ["integer", "string"], "minimum" = 1, "maximum" = 256, "format" = "number-or-auto"))]
    pub shards: Option<u32>,
    /// What the card of a turn shows while Claude works: `off` (no card), `compact` (the last steps) or `full` (all steps and their output). `!verbose` changes it for a channel.
    pub verbose: Verbosity,
    /// The reaction on a person's message that shows the message's status.
    pub reactions: ReactionSettings,
    /// What the conversation in a new thread begins with: `fresh` (nothing) or `fork` (what was said in its channel so far; it works in the channel's folder).
    #[schemars(with = "Threads")]
    pub threads: Threads,
    /// Whether each mention of the bot in a channel gets a thread of its own, in which it is answered.
    pub auto_thread: bool,
    /// Messages that arrive while Claude works.
    pub queue: QueueSettings,
    /// How answers come: `edit` lets them grow, `block` posts each finished text, `final` only the last one.
    #[schemars(with = "StreamMode")]
    pub stream: StreamMode,
    /// A turn that takes more seconds than this ends with a short message that pings the person.
    #[serde(rename = "notify_after_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub notify_after: Duration,
    /// Maximum length of an answer in characters. Of a longer one, the beginning is posted with the whole as a file.
    #[schemars(range(min = 500, max = 100_000))]
    pub long_answer_chars: usize,
    /// Widest table that is shown in columns. A wider one becomes a few lines for each row, which also fit on a phone.
    #[schemars(range(min = 20, max = 200))]
    pub table_columns: usize,
    /// Files attached to messages. They are downloaded into the channel's workspace.
    pub attachments: AttachmentSettings,
    /// Program that transcribes voice messages, with its arguments; the file's path becomes the last one. It runs in the sandbox (level `bwrap`), without the login, for a minute at most. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcribe: Vec<String>,
    /// Whether that program can reach the network.
    pub transcribe_network: bool,
    /// Address of a loopback Discord, for trials and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "loopback-address"))]
    pub api_base: Option<ApiBase>,
}

/// Messages sent while the bot was offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CatchUp {
    /// Older messages are skipped, in seconds.
    #[serde(rename = "max_age_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 60, max = 1_209_600))]
    pub max_age: Duration,
    /// Maximum number of messages answered per channel, the newest ones. 0 skips all without notice.
    #[schemars(range(min = 0, max = 1000))]
    pub max_messages: usize,
}

/// Files attached to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentSettings {
    /// Maximum number of files downloaded per message. 0 turns attachments off.
    #[schemars(range(min = 0, max = 30))]
    pub max_files: usize,
    /// Maximum size of a file in bytes.
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub max_bytes: u64,
    /// Maximum total size of the files kept per channel, in bytes. The oldest ones are deleted first.
    #[schemars(range(min = 1, max = 1_099_511_627_776_u64))]
    pub keep_bytes: u64,
    /// Maximum time in seconds for downloading the files of one message.
    #[serde(rename = "timeout_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 600))]
    pub timeout: Duration,
}

/// Which messages in a guild channel are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Respond {
    /// Messages that mention the bot or reply to it.
    Mention,
    /// All messages.
    All,
}

/// The reaction on a person's message. An empty text stands for no reaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReactionSettings {
    /// Whether the bot reacts to messages.
    pub enabled: bool,
    /// Emoji on a message that waits for others.
    #[schemars(length(max = 32))]
    pub waiting: String,
    /// Emoji on a message that Claude works on.
    #[schemars(length(max = 32))]
    pub working: String,
    /// Emoji on a message whose turn failed.
    #[schemars(length(max = 32))]
    pub failed: String,
    /// Emoji on a message that was answered. Default: none.
    #[schemars(length(max = 32))]
    pub done: String,
}

impl Default for ReactionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            waiting: "\u{23f3}".to_owned(),
            working: "\u{1f6e0}\u{fe0f}".to_owned(),
            failed: "\u{274c}".to_owned(),
            done: String::new(),
        }
    }
}

/// What the card of a turn shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verbosity {
    /// There is no card.
    Off,
    /// The last steps.
    Compact,
    /// All steps and their output.
    Full,
}

impl Verbosity {
    /// All, by their names.
    pub const NAMED: [(&str, Self); 3] = [
        ("off", Self::Off),
        ("compact", Self::Compact),
        ("full", Self::Full),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.into_iter().find(|(_, value)| *value == self);
        named.map_or("", |(name, _)| name)
    }
}

/// Who may use the bot. Each list holds IDs, or `"*"` for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Allow {
    /// People.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub users: AllowList<UserId>,
    /// Roles of a guild.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub roles: AllowList<RoleId>,
    /// Channels.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub channels: AllowList<ChannelId>,
    /// Guilds (servers).
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub guilds: AllowList<GuildId>,
    /// User IDs of other bots that are answered.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub bots: BTreeSet<UserId>,
    /// IDs of webhooks that are answered.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub webhooks: BTreeSet<UserId>,
}

impl Allow {
    /// Whether no person and no place is listed. Bots and webhooks do not count.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.roles.is_empty()
            && self.channels.is_empty()
            && self.guilds.is_empty()
    }
}

impl Default for Discord {
    fn default() -> Self {
        Self {
            token_file: None,
            respond: Respond::Mention,
            allow: Allow::default(),
            admins: BTreeSet::new(),
            approvals: Approvals::On,
            approvals_to: ApprovalsTo::Channel,
            approvers: Approvers::default(),
            approval_timeout: Duration::from_mins(15),
            catch_up: CatchUp::default(),
            context_messages: 20,
            stop_deleted: true,
            deaf_after: Duration::from_mins(10),
            shards: None,
            verbose: Verbosity::Compact,
            reactions: ReactionSettings::default(),
            threads: Threads::default(),
            auto_thread: false,
            queue: QueueSettings::default(),
            stream: StreamMode::Edit,
            notify_after: Duration::from_secs(20),
            long_answer_chars: 6_000,
            table_columns: 60,
            attachments: AttachmentSettings::default(),
            transcribe: Vec::new(),
            transcribe_network: false,
            api_base: None,
        }
    }
}

impl Default for CatchUp {
    fn default() -> Self {
        Self {
            max_age: Duration::from_hours(6),
            max_messages: 50,
        }
    }
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        Self {
            max_files: 10,
            max_bytes: 10 << 20,
            keep_bytes: 200 << 20,
            timeout: Duration::from_mins(1),
        }
    }
}
