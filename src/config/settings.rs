//! The configuration: the types that the file is read into and its schema is generated from.
//!
//! The docs of the fields are the schema's descriptions, which editors show. The limits of a field are its `range`,
//! its `length` or the `format` of its strings.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use claude_session::{SandboxLevel, SystemPromptMode, protocol::Effort};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    channel_override::{ChannelOverride, InitialMode},
    dashboard::Dashboard,
    discord::Discord,
    encoding::{each, seconds},
    rules::BUILTIN_RULES,
    sessions::Sessions,
    time_zone::TimeZone,
    updates::Updates,
};
use crate::{money::Usd, snowflake::ChannelId};

/// The default file, in the working directory.
pub const DEFAULT_FILE: &str = "config.json";

/// Configuration of Switchboard, a Discord bot that gives every channel its own Claude session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Switchboard configuration")]
pub struct Config {
    /// Location of this schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) schema: Option<String>,
    /// Model of a new session; one of `models`.
    #[schemars(extend("format" = "model-name"))]
    pub model: String,
    /// Models that a channel can be set to with `!model`: any names that the CLI knows. Default: `haiku`, `sonnet`, `opus`, and what the CLI itself lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", length(min = 1), transform = each("model-name"))]
    pub models: Option<Vec<String>>,
    /// Personas that a channel can be set to with `!persona`: `default`, which is the files in `personality_dir` itself, and the names of folders in there. A channel begins with the first one. Default: all, `default` first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", length(min = 1))]
    pub personas: Option<Vec<String>>,
    /// Allow rules: what Claude may do unasked. Everything else is asked for in the channel or denied, see `discord.approvals`. Default: the built-in list.
    #[schemars(with = "BTreeSet<String>", length(min = 1), transform = each("allow-rule"))]
    pub allowed_tools: Vec<String>,
    /// MCP servers for every channel, by name, as in the CLI's own configuration: `command`, `args`, `env`, or `type`, `url`, `headers`. They are passed to the CLI in a private file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, serde_json::Map<String, serde_json::Value>>", extend("propertyNames" = { "format": "server-name" }))]
    pub mcp_servers: BTreeMap<String, serde_json::Value>,
    /// Folder of the personality. Of `IDENTITY.md`, `SOUL.md`, `USER.md`, `AGENTS.md`, `TOOLS.md` and `HEARTBEAT.md`, the files that exist are the system prompt, in this order, followed by the security rules. Each folder in it that has such files is another persona.
    #[schemars(extend("format" = "path"))]
    pub personality_dir: PathBuf,
    /// Folder of the registry of sessions and of the usage records.
    #[schemars(extend("format" = "path"))]
    pub sessions_dir: PathBuf,
    /// Folder in which each channel has one of its own, named after its ID, that Claude works in.
    #[schemars(extend("format" = "path"))]
    pub workspace_dir: PathBuf,
    /// The Claude CLI and its processes.
    pub claude: Claude,
    /// Discord: login, access and attachments.
    pub discord: Discord,
    /// Limits for people and channels.
    pub limits: LimitSettings,
    /// How long sessions are kept.
    pub sessions: Sessions,
    /// Where `switchboard doctor` asks for a newer release.
    pub updates: Updates,
    /// The dashboard: a page that shows what the bot does and costs, and its metrics.
    pub dashboard: Dashboard,
    /// Settings of single channels, by channel ID.
    #[schemars(with = "BTreeMap<String, ChannelOverride>", extend("propertyNames" = { "format": "snowflake" }))]
    pub channels: BTreeMap<ChannelId, ChannelOverride>,
    /// The configuration file.
    #[serde(skip)]
    pub file: PathBuf,
    /// The folder of the configuration file, to which paths are relative.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The Claude CLI and its processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claude {
    /// Name or path of the CLI. A name is looked up in `PATH`, `~/bin` and `~/.local/bin`. The variable `CLAUDE_BIN` takes precedence; a relative path in it is relative to the working directory.
    #[schemars(extend("format" = "path"))]
    pub bin: PathBuf,
    /// Maximum duration of a turn in seconds.
    #[serde(rename = "turn_timeout_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub turn_timeout: Duration,
    /// Names of more environment variables that are passed to the CLI, which otherwise gets only what it needs. Every tool can read them.
    #[schemars(with = "BTreeSet<String>", transform = each("variable-name"))]
    pub pass_env: Vec<String>,
    /// `replace` replaces the CLI's own system prompt with the bot's; `append` appends the bot's to it.
    pub system_prompt: SystemPromptMode,
    /// How much the model thinks before it answers. `!effort` changes it for a channel. Default: the model's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Effort")]
    pub effort: Option<Effort>,
    /// The agent that answers: one of the CLI's own (`Explore`, `Plan`, `general-purpose`), or one that `--agents` in `extra_args` defines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "agent-name"))]
    pub agent: Option<String>,
    /// More folders that Claude works in, as in its workspace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "BTreeSet<String>", transform = each("path"))]
    pub add_dirs: Vec<PathBuf>,
    /// Permission mode of a channel in which `!mode` has set none. Default: `"default"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "InitialMode")]
    pub permission_mode: Option<InitialMode>,
    /// Tools that Claude does not have, or rules for what it may not do. They take precedence over allow rules, granted ones too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "BTreeSet<String>", transform = each("allow-rule"))]
    pub disallowed_tools: Vec<String>,
    /// Maximum number of calls of the model in a turn. Default: unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 10_000))]
    pub max_turns: Option<u32>,
    /// Settings of the CLI, as in its own settings files. They are passed to the CLI in a private file; those of the bot take precedence.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Model that answers while the channel's model is overloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "model-name"))]
    pub fallback_model: Option<String>,
    /// More arguments for the CLI: long flags and their values.
    #[schemars(transform = each("extra-argument"))]
    pub extra_args: Vec<String>,
    /// Maximum number of live CLI processes. Where one more is needed, or memory is short, the idle process that is least likely to be needed soon is ended, judged by how recently and how often its channel was used; one that takes long to start is kept longer. Default: as many as fit into memory at 300 MB each, at most 64.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_live: usize,
    /// Maximum number of CLI processes that start at the same time.
    #[schemars(range(min = 1, max = 100))]
    pub max_starting: usize,
    /// Maximum silence of the CLI in seconds during a turn while no tool runs. Then its process is ended, and the channel is told.
    #[serde(rename = "silence_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub silence: Duration,
    /// Maximum duration of a background task in seconds. Until it ends, its process is not ended as idle or for another channel.
    #[serde(rename = "background_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 604_800))]
    pub background: Duration,
    /// Seconds after which an idle CLI process is ended. The next message resumes its session. A process that was started because somebody is typing is ended a minute after the typing, or after this time if it is shorter.
    #[serde(rename = "idle_secs", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 604_800))]
    pub idle: Duration,
    /// Sandbox level: `bwrap` runs the CLI inside bubblewrap, `cli` runs its Bash commands in its own sandbox, `off` uses no sandbox. Default: the strongest that works on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SandboxLevel")]
    pub sandbox: Option<SandboxLevel>,
    /// More files and folders that the CLI can read at the sandbox level `bwrap`. The bot's own files are not accepted.
    #[schemars(with = "BTreeSet<String>", transform = each("path"))]
    pub sandbox_read: Vec<PathBuf>,
    /// Whether approvers can choose `!mode bypassPermissions` for a channel, in which Claude asks for nothing. Only at the sandbox level `bwrap`.
    pub bypass_permissions: bool,
    /// User that the CLI and its tools run as, by name or number. The bot must be started as root. Default: the bot's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub run_as: Option<String>,
}

/// Limits for people and channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Limits of one person, across all channels.
    pub user: Limit,
    /// Limits of one channel with its threads, across all people.
    pub channel: ChannelLimit,
    /// Time zone in which days and months begin: its IANA name, such as "Europe/Berlin", or its offset, such as "+02:00".
    #[schemars(with = "String", extend("format" = "time-zone"))]
    pub timezone: TimeZone,
    /// Maximum number of answers to other bots in a row, until a person writes.
    #[schemars(range(min = 0, max = 1000))]
    pub bots_in_a_row: u32,
    /// Maximum number of messages that wait in a channel. Further ones are refused.
    #[schemars(range(min = 1, max = 90))]
    pub queue: usize,
    /// What happens to messages that wait because a usage limit of the Claude plan is reached: `run` runs them by themselves after it resets, `ask` posts a button for each, `drop` drops them.
    pub after_reset: AfterReset,
    /// Admins are told when the disk of the sessions or workspaces has less room than this, in MiB, or room for fewer than 10,000 files. 0 turns it off.
    #[schemars(range(max = 1_000_000_000))]
    pub disk_min_mb: u64,
}

/// What happens to messages that wait for a usage limit to reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AfterReset {
    /// They run by themselves.
    #[default]
    Run,
    /// Each gets a button that runs it.
    Ask,
    /// They are dropped.
    Drop,
}

/// Limits of a person. Default: unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Messages of one person within any hour, across all channels. The owner and the admins are not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 100_000))]
    pub messages_per_hour: Option<u32>,
    /// US dollars that one turn of a person may cost, also of the owner and the admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_turn: Option<Usd>,
    /// US dollars that one person's turns may cost within any 24 hours, across all channels. The owner and the admins are not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_day: Option<Usd>,
    /// US dollars that one person's turns may cost in a calendar month, also those of the owner and the admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_month: Option<Usd>,
}

/// Limits of a channel. Default: unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelLimit {
    /// Messages in one channel with its threads within any hour, across all people. The owner and the admins are not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 100_000))]
    pub messages_per_hour: Option<u32>,
    /// US dollars that one turn in the channel may cost, whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_turn: Option<Usd>,
    /// US dollars that one channel's turns may cost within any 24 hours, whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_day: Option<Usd>,
    /// US dollars that one channel's turns may cost in a calendar month, whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_per_month: Option<Usd>,
    /// The most US dollars that `!budget` sets for a day in place of `usd_per_day`. Default: `usd_per_day` for admins, anything for the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub usd_max: Option<Usd>,
}

impl From<ChannelLimit> for Limit {
    fn from(limit: ChannelLimit) -> Self {
        let ChannelLimit {
            messages_per_hour,
            usd_per_turn,
            usd_per_day,
            usd_per_month,
            usd_max: _,
        } = limit;
        Self {
            messages_per_hour,
            usd_per_turn,
            usd_per_day,
            usd_per_month,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schema: None,
            model: "sonnet".to_owned(),
            models: None,
            personas: None,
            allowed_tools: BUILTIN_RULES.map(str::to_owned).to_vec(),
            mcp_servers: BTreeMap::new(),
            personality_dir: "personality".into(),
            sessions_dir: "sessions".into(),
            workspace_dir: "workspaces".into(),
            claude: Claude::default(),
            discord: Discord::default(),
            limits: LimitSettings::default(),
            sessions: Sessions::default(),
            updates: Updates::default(),
            dashboard: Dashboard::default(),
            channels: BTreeMap::new(),
            file: DEFAULT_FILE.into(),
            folder: PathBuf::new(),
        }
    }
}

impl Default for Claude {
    fn default() -> Self {
        Self {
            bin: "claude".into(),
            turn_timeout: Duration::from_mins(5),
            pass_env: Vec::new(),
            system_prompt: SystemPromptMode::Replace,
            effort: None,
            agent: None,
            add_dirs: Vec::new(),
            permission_mode: None,
            disallowed_tools: Vec::new(),
            max_turns: None,
            settings: serde_json::Map::new(),
            fallback_model: None,
            extra_args: Vec::new(),
            max_live: 0,
            max_starting: 2,
            silence: Duration::from_mins(3),
            background: Duration::from_hours(1),
            idle: Duration::from_mins(15),
            sandbox: None,
            sandbox_read: Vec::new(),
            bypass_permissions: false,
            run_as: None,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            user: Limit::default(),
            channel: ChannelLimit::default(),
            timezone: TimeZone::default(),
            bots_in_a_row: 5,
            queue: 20,
            after_reset: AfterReset::Run,
            disk_min_mb: 1_024,
        }
    }
}
