//! The checked configuration: what the rest of the program may rely on.
//!
//! Every path is absolute or was joined to the file's folder, every id is an id, and every model that is named
//! is one of `models`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::PathBuf,
    time::Duration,
};

use claude_session::{SandboxLevel, SystemPromptMode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ApiBase;
use crate::{
    money::Usd,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

/// Everything that the owner may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Model of a new session; one of `models`.
    pub model: String,
    /// Models that a channel may be set to: at least one, none twice.
    pub models: Vec<String>,
    /// Allow rules for the CLI's tools: at least one, each well-formed.
    pub allowed_tools: Vec<String>,
    /// Folder of the personality files.
    pub personality_dir: PathBuf,
    /// The configuration file.
    pub file: PathBuf,
    /// Its folder, which relative paths are taken from.
    pub folder: PathBuf,
    /// Folder of the registry and the ledger.
    pub sessions_dir: PathBuf,
    /// Folder that holds a workspace for each channel.
    pub workspace_dir: PathBuf,
    /// The CLI and its processes.
    pub claude: Claude,
    /// Discord: the login, and who may do what.
    pub discord: Discord,
    /// How much people and channels may ask for.
    pub limits: LimitSettings,
    /// What single channels do differently.
    pub channels: BTreeMap<ChannelId, ChannelOverride>,
}

impl Config {
    /// The channel whose settings hold in `channel`: its own if there are any, else those of the channel that it is a
    /// thread of.
    #[must_use]
    pub fn settings_of(&self, channel: ChannelId, parent: Option<ChannelId>) -> ChannelId {
        let has_own = |channel: &ChannelId| self.channels.contains_key(channel);
        match parent {
            Some(parent) if !has_own(&channel) && has_own(&parent) => parent,
            _ => channel,
        }
    }

    /// The model that a new session of `channel` gets.
    #[must_use]
    pub fn model_for(&self, channel: ChannelId) -> &str {
        self.channel(channel)
            .and_then(|own| own.model.as_deref())
            .unwrap_or(&self.model)
    }

    /// The folder that Claude works in for `channel`, where the settings of `settings` hold (see
    /// [`Self::settings_of`]): the one named there, or else `workspace_dir/<channel id>`. So a thread shares its
    /// channel's folder only if the owner chose that.
    #[must_use]
    pub fn workspace_for(&self, channel: ChannelId, settings: ChannelId) -> PathBuf {
        match self
            .channel(settings)
            .and_then(|own| own.workspace.as_ref())
        {
            Some(workspace) => workspace.clone(),
            None => self.workspace_dir.join(channel.to_string()),
        }
    }

    /// The allow rules of `channel`. Its own list takes the place of the general one; they are not joined.
    #[must_use]
    pub fn allowed_tools_for(&self, channel: ChannelId) -> &[String] {
        self.channel(channel)
            .and_then(|own| own.allowed_tools.as_deref())
            .unwrap_or(&self.allowed_tools)
    }

    /// What is answered in `channel`, if it belongs to a guild.
    #[must_use]
    pub fn respond_for(&self, channel: ChannelId) -> Respond {
        self.channel(channel)
            .and_then(|own| own.respond)
            .unwrap_or(self.discord.respond)
    }

    fn channel(&self, channel: ChannelId) -> Option<&ChannelOverride> {
        self.channels.get(&channel)
    }
}

/// The CLI and its processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claude {
    /// The CLI's name, to be looked for, or its path; see [`locate`](super::locate).
    pub bin: OsString,
    /// Wall clock of one turn.
    pub turn_timeout: Duration,
    /// Names of further variables that the CLI's environment may hold.
    pub pass_env: Vec<String>,
    /// Whether our system prompt takes the place of the CLI's.
    pub system_prompt: SystemPromptMode,
    /// Further arguments: long flags and their values, none that the bot sets itself.
    pub extra_args: Vec<String>,
    /// How many live processes are kept at most; at least 1.
    pub max_live: usize,
    /// How many processes may be coming up at a time; at least 1.
    pub max_starting: usize,
    /// How long the CLI may be silent in a turn while no tool runs.
    pub silence: Duration,
    /// How long a task may run in the background.
    pub background: Duration,
    /// How long a process may be idle before it is ended.
    pub idle: Duration,
    /// The required sandbox level; `None` means the strongest that works here.
    pub sandbox: Option<SandboxLevel>,
    /// Further files and folders that the CLI can read at level `bwrap`.
    pub sandbox_read: Vec<PathBuf>,
    /// The account that the CLI runs as, by name or number; `None` means the bot's own.
    pub run_as: Option<String>,
}

/// Discord: the login, and who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discord {
    /// Where the bot token is found.
    pub token: TokenSource,
    /// Which messages of a guild channel are answered.
    pub respond: Respond,
    /// Who may talk to the bot; nothing listed means the application's owner (or team) alone.
    pub allow: Allow,
    /// Who may change models, clear, and see the usage of others; none listed means the owner alone.
    pub admins: BTreeSet<UserId>,
    /// What is answered of that which was sent while the bot was away.
    pub catch_up: CatchUp,
    /// How long the gateway may be silent, though Discord answers, before the bot ends.
    pub deaf_after: Duration,
    /// Files that come with messages.
    pub attachments: AttachmentSettings,
    /// A loopback Discord in place of the real one.
    pub api_base: Option<ApiBase>,
}

/// What is answered of that which was sent while the bot was away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUp {
    /// What is older is given up.
    pub max_age: Duration,
    /// So many messages of a channel are answered, the newest ones; with 0 the bot does not even ask for them.
    pub max_messages: usize,
}

/// Files that come with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentSettings {
    /// The most files of one message that are fetched; 0 fetches none.
    pub max_files: usize,
    /// The size in bytes up to which a file is fetched; at most `keep_bytes`.
    pub max_bytes: u64,
    /// How many bytes of fetched files a channel keeps.
    pub keep_bytes: u64,
    /// How long fetching the files of one message may take.
    pub timeout: Duration,
}

/// How much people and channels may ask for; owners and admins always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitSettings {
    /// One person, in all channels together.
    pub user: Limit,
    /// One channel with its threads, whoever writes there.
    pub channel: Limit,
    /// How often other bots are answered in a channel before a person has to speak again.
    pub bots_in_a_row: u32,
}

/// What may be asked for; `None` as much as one likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit {
    /// Messages within an hour.
    pub messages_per_hour: Option<u32>,
    /// Cost within a day.
    pub usd_per_day: Option<Usd>,
}

/// Where the bot token is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// In this file.
    File(PathBuf),
    /// In the variable `DISCORD_TOKEN`, or else in systemd's credential `discord_token`.
    Environment,
}

/// Which messages of a guild channel are answered. In direct messages all are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Respond {
    /// Those that mention the bot or reply to it.
    Mention,
    /// All of them.
    All,
}

/// Who may talk to the bot, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allow {
    /// People.
    pub users: Listed<UserId>,
    /// Roles of a guild.
    pub roles: Listed<RoleId>,
    /// Channels.
    pub channels: Listed<ChannelId>,
    /// Guilds.
    pub guilds: Listed<GuildId>,
    /// Other bots, by the id of their user. They open nothing for people.
    pub bots: BTreeSet<UserId>,
    /// Webhooks, by their id, which Discord gives as that of the user.
    pub webhooks: BTreeSet<UserId>,
}

impl Allow {
    /// Whether no person and no place is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.roles.is_empty()
            && self.channels.is_empty()
            && self.guilds.is_empty()
    }
}

/// A list of ids in which `"*"` stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Whether `"*"` is listed.
    pub everyone: bool,
    /// The ids that are listed by name.
    pub ids: BTreeSet<T>,
}

impl<T: Ord> Listed<T> {
    /// Whether nothing is listed, not even `"*"`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everyone && self.ids.is_empty()
    }

    /// Whether `id` is listed, by name or by `"*"`.
    #[must_use]
    pub fn contains(&self, id: &T) -> bool {
        self.everyone || self.ids.contains(id)
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            everyone: false,
            ids: BTreeSet::new(),
        }
    }
}

/// What one channel does differently; `None` keeps the general setting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelOverride {
    /// Model of a new session; one of `models`.
    pub model: Option<String>,
    /// The folder that Claude works in.
    pub workspace: Option<PathBuf>,
    /// Allow rules, in place of the general ones.
    pub allowed_tools: Option<Vec<String>>,
    /// Which messages are answered.
    pub respond: Option<Respond>,
}
