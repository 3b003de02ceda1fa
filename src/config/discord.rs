//! The part of the configuration about Discord.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AllowList, ApiBase, Approvals, ApprovalsTo, Approvers, NotifyAdmins, QueueSettings, StreamMode,
    Threads,
    encoding::{each, number_or_auto, seconds},
};
use crate::snowflake::{ChannelId, GuildId, RoleId, UserId};

/// Discord: login, access and attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
pub struct Discord {
    /// File that holds the bot token, unless systemd passes it as its credential `discord_token`. Default: the variable `DISCORD_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub token_file: Option<PathBuf>,
    /// Which messages in a guild channel are answered: `mention` for those that mention the bot or reply to it, `all` for all. Direct messages are always answered.
    pub respond: Respond,
    /// Who may use the bot. If all lists are empty, only the application's owner (or team) may.
    pub allow: Allow,
    /// IDs of people who may change models, clear sessions and see the usage of others. The owner always may.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub admins: BTreeSet<UserId>,
    /// Where the owner and the admins are told, once until it is mended, that something is wrong: `dm` for direct messages, `channel` for the channel that it concerns (direct messages if there is none, or the bot can't post there), `off` for nowhere.
    pub notify_admins: NotifyAdmins,
    /// What happens to a tool call that no allow rule permits: `on` asks in the channel, `off` denies it.
    pub approvals: Approvals,
    /// Where people are asked about such a call: in the `channel`, in direct messages to the approvers (`dm`), or in `both`.
    pub approvals_to: ApprovalsTo,
    /// Who decides about such calls. Default: the owner and the admins.
    pub approvers: Approvers,
    /// A tool call about which nobody decides within this many seconds is denied.
    #[serde(rename = "approval_timeout_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub approval_timeout: Duration,
    /// Messages sent while the bot was offline.
    pub catch_up: CatchUp,
    /// Where Claude answers mentions only: how many of the messages since its last turn that were not for it come along with the next mention, as context. Those of people, bots and webhooks that may not use the bot there are only counted. 0 turns it off.
    #[schemars(range(max = 100))]
    pub context_messages: usize,
    /// Whether a conversation that the CLI has lost is rebuilt from the newest 100 messages of the channel or thread since the last `!clear`, `!resume` or `!rewind`, at most 40,000 characters. Only Claude's own answers stand as Claude's; only people, bots and webhooks that may use the bot there are quoted, the others are counted.
    pub rebuild_sessions: bool,
    /// Whether Claude stops working on a message when the message is deleted. A message that still waits is withdrawn in any case.
    pub stop_deleted: bool,
    /// The bot exits with code 69, so that its service manager restarts it, if Discord's gateway is silent for this many seconds while Discord answers requests.
    #[serde(rename = "deaf_after_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub deaf_after: Duration,
    /// Number of connections among which Discord divides the guilds: `"auto"` for as many as Discord recommends at the start, or a number. Discord requires two from 2,500 guilds on.
    #[serde(with = "number_or_auto")]
    #[schemars(with = "serde_json::Value", extend("type" = ["integer", "string"], "minimum" = 1, "maximum" = 256, "format" = "number-or-auto"))]
    pub shards: Option<u32>,
    /// What the card of a turn shows of Claude's work: `off` for no card, `compact` for the last steps, `full` for all steps and their output. `!verbose` changes it for a channel.
    pub verbose: Verbosity,
    /// The reaction on a person's message that shows the message's status.
    pub reactions: ReactionSettings,
    /// What the conversation in a new thread begins with: `fresh` for nothing, `fork` for what was said to Claude in its channel so far; then it works in the channel's folder. `!fork` opens such a thread in any case.
    #[schemars(with = "Threads")]
    pub threads: Threads,
    /// Whether each mention of the bot in a channel gets a thread of its own, in which it is answered. Its title says what was asked, after a sign: ⏳ Claude works, ✅ it is done, ❌ it failed. Without the permission *Create Public Threads* it is answered in the channel.
    pub auto_thread: bool,
    /// Messages that arrive while Claude works.
    pub queue: QueueSettings,
    /// How answers come: `edit` posts the first words at once and lets the message grow, `block` posts each text once it is finished, `final` posts only the last text of a turn and nothing of what comes before tools. `!stream` changes it for a channel.
    #[schemars(with = "StreamMode")]
    pub stream: StreamMode,
    /// A turn that takes more seconds than this ends with a short message that pings the person. Claude's report on a background task that took longer pings whoever had it started.
    #[serde(rename = "notify_after_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub notify_after: Duration,
    /// Maximum length of an answer in characters. Of a longer one, the beginning is posted, with the whole as a Markdown file. A turn with more than 20 texts, or 30,000 characters, joins the further ones but the last in one message, to which the same applies.
    #[schemars(range(min = 500, max = 100_000))]
    pub long_answer_chars: usize,
    /// Widest table that is shown in columns, in characters. A wider one becomes a few lines for each row, which also fit on a phone.
    #[schemars(range(min = 20, max = 200))]
    pub table_columns: usize,
    /// Files attached to messages. They are downloaded into the channel's workspace.
    pub attachments: AttachmentSettings,
    /// Program that transcribes voice messages, with its arguments: `["whisper-cli", "-np", "-nt", "-f"]`. The file's path becomes the last argument, no shell is involved, and what it prints counts as the author's words. It needs the sandbox level `bwrap`, sees the workspace and what `claude.sandbox_read` names, read-only, has no login, and is ended after a minute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcribe: Vec<String>,
    /// Whether the program in `discord.transcribe` can reach the network.
    pub transcribe_network: bool,
    /// Address of a Discord on this machine, for trials and tests: `http://` with `127.x.x.x`, `[::1]` or `localhost`, and a port.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "loopback-address"))]
    pub api_base: Option<ApiBase>,
}

/// Messages sent while the bot was offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CatchUp {
    /// Messages sent while the bot was offline are answered later, unless they are older than this many seconds.
    #[serde(rename = "max_age_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 60, max = 1_209_600))]
    pub max_age: Duration,
    /// Maximum number of these messages per channel, the newest ones; the channel is told how many were skipped. 0 skips all without notice. Only channels in which Discord has newer messages than the bot knows are asked, also those in which the bot was never used. The first direct message of a person cannot be found: Discord lists no such channels.
    #[schemars(range(min = 0, max = 1000))]
    pub max_messages: usize,
}

/// Files attached to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentSettings {
    /// Maximum number of files that are downloaded per message. 0 turns attachments off.
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
    /// Whether a reaction on a person's message shows its status. A channel that forbids reactions gets none.
    pub enabled: bool,
    /// Emoji on a message that waits for others; empty for none.
    #[schemars(length(max = 32))]
    pub waiting: String,
    /// Emoji on a message that Claude works on.
    #[schemars(length(max = 32))]
    pub working: String,
    /// Emoji on a message whose turn failed.
    #[schemars(length(max = 32))]
    pub failed: String,
    /// Emoji on a message that was answered.
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
    /// IDs of people who may use the bot, or `"*"` for everyone.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub users: AllowList<UserId>,
    /// IDs of roles whose members may use the bot, or `"*"` for all roles.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub roles: AllowList<RoleId>,
    /// IDs of channels in which the bot may be used, or `"*"` for all.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake-or-everyone"))]
    pub channels: AllowList<ChannelId>,
    /// IDs of guilds (servers) in which the bot may be used, or `"*"` for all.
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
            notify_admins: NotifyAdmins::Dm,
            approvals: Approvals::On,
            approvals_to: ApprovalsTo::Channel,
            approvers: Approvers::default(),
            approval_timeout: Duration::from_mins(15),
            catch_up: CatchUp::default(),
            context_messages: 20,
            rebuild_sessions: true,
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
