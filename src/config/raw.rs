//! The file as it is written: the types that its schema is generated from.
//!
//! The docs of the fields are the schema's descriptions, read in an editor by whoever writes the file. A field's
//! limits stand here as well, each once: as `range`, `length` or a `format` of `words`.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::{SandboxLevel, SystemPromptMode, rules::BUILTIN_RULES, settings::Respond};

/// Configuration of Switchboard, a Discord bot that gives every channel a Claude session of its own.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Switchboard configuration")]
pub(super) struct Raw {
    /// Where this schema is found, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    schema: Option<String>,
    /// Model of a new session; one of `models`.
    #[schemars(extend("format" = "model-name"))]
    pub(super) model: String,
    /// Models that a channel may be set to.
    #[schemars(length(min = 1), extend("uniqueItems" = true), transform = each("model-name"))]
    pub(super) models: Vec<String>,
    /// Allow rules for the CLI's tools. Whatever is not allowed is refused. Leave the key out for the built-in list.
    #[schemars(length(min = 1), extend("uniqueItems" = true), transform = each("allow-rule"))]
    pub(super) allowed_tools: Vec<String>,
    /// Folder of the personality files: IDENTITY.md, SOUL.md, USER.md, AGENTS.md, TOOLS.md, HEARTBEAT.md.
    #[schemars(extend("format" = "path"))]
    pub(super) personality_dir: String,
    /// Folder where sessions and usage are kept.
    #[schemars(extend("format" = "path"))]
    pub(super) sessions_dir: String,
    /// Folder with a workspace for each channel.
    #[schemars(extend("format" = "path"))]
    pub(super) workspace_dir: String,
    /// The Claude CLI and its processes.
    pub(super) claude: RawClaude,
    /// Discord: the login, and who may do what.
    pub(super) discord: RawDiscord,
    /// How much people and channels may ask for. Owners and admins always may.
    pub(super) limits: RawLimits,
    /// What single channels do differently, by channel id.
    #[schemars(extend("propertyNames" = { "format": "snowflake" }))]
    pub(super) channels: BTreeMap<String, RawChannel>,
}

/// The Claude CLI and its processes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawClaude {
    /// The CLI's name, looked for in PATH, ~/bin and ~/.local/bin, or its path. The variable `CLAUDE_BIN` wins.
    #[schemars(extend("format" = "path"))]
    pub(super) bin: String,
    /// Seconds that a turn may take before it is ended.
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) turn_timeout_secs: u64,
    /// Names of further environment variables that the CLI, and with it every tool, may see.
    #[schemars(extend("uniqueItems" = true), transform = each("variable-name"))]
    pub(super) pass_env: Vec<String>,
    /// `replace` puts the bot's system prompt in place of the CLI's own; `append` keeps that one and adds ours.
    pub(super) system_prompt: SystemPromptMode,
    /// Further arguments for the CLI: long flags and their values.
    #[schemars(transform = each("extra-argument"))]
    pub(super) extra_args: Vec<String>,
    /// How many live CLI processes are kept at most. Left out: as many as fit the memory at 300 MB each, up to 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1, max = 1000))]
    pub(super) max_live: Option<usize>,
    /// How many CLI processes may be coming up at a time.
    #[schemars(range(min = 1, max = 100))]
    pub(super) max_starting: usize,
    /// Seconds that the CLI may give no sign of life in a turn while no tool runs. It is ended then.
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) silence_secs: u64,
    /// Seconds that a task may run in the background. Its process lives as long.
    #[schemars(range(min = 1, max = 604_800))]
    pub(super) background_secs: u64,
    /// Seconds after which an idle CLI process is ended. Its session stays, and is resumed by the next message.
    #[schemars(range(min = 1, max = 604_800))]
    pub(super) idle_secs: u64,
    /// What is kept from the CLI: `bwrap` runs it inside bubblewrap, `cli` runs its Bash commands in its own sandbox, `off` keeps nothing from it. Left out: the strongest that works here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SandboxLevel")]
    pub(super) sandbox: Option<SandboxLevel>,
    /// Further files and folders that the CLI can read at the sandbox level `bwrap`. Nothing of the bot's own.
    #[schemars(extend("uniqueItems" = true), transform = each("path"))]
    pub(super) sandbox_read: Vec<String>,
    /// The account that the CLI runs as, by name or number, if the bot is started by root. Left out: the bot's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(super) run_as: Option<String>,
}

/// Discord: the login, and who may do what.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDiscord {
    /// File that holds the bot token. Left out: the variable `DISCORD_TOKEN` does, or else systemd's credential `discord_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub(super) token_file: Option<String>,
    /// Which messages of a guild channel are answered: those that mention the bot, or all. Direct messages always are.
    pub(super) respond: Respond,
    /// Who may talk to the bot. With nothing listed, only the application's owner (or team) may.
    pub(super) allow: RawAllow,
    /// Ids of people who may change models, clear sessions and see the usage of others. Left out: the owner alone.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake"))]
    pub(super) admins: Vec<String>,
    /// What is answered of that which was sent while the bot was away.
    pub(super) catch_up: RawCatchUp,
    /// Seconds after which a bot that is online but hears nothing of Discord's gateway ends, to be started again.
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) deaf_after_secs: u64,
    /// Files that come with messages.
    pub(super) attachments: RawAttachments,
    /// Address of a loopback Discord, for trials and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "loopback-address"))]
    pub(super) api_base: Option<String>,
}

/// What is answered of that which was sent while the bot was away.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCatchUp {
    /// Messages older than this many seconds are given up.
    #[schemars(range(min = 60, max = 1_209_600))]
    pub(super) max_age_secs: u64,
    /// At most so many messages of a channel are answered, the newest ones. 0 gives up all, and says nothing.
    #[schemars(range(min = 0, max = 1000))]
    pub(super) max_messages: usize,
}

/// Who may talk to the bot, and where. Each list holds ids, or `"*"` for everyone.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAllow {
    /// People.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake-or-everyone"))]
    pub(super) users: Vec<String>,
    /// Roles of a guild.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake-or-everyone"))]
    pub(super) roles: Vec<String>,
    /// Channels.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake-or-everyone"))]
    pub(super) channels: Vec<String>,
    /// Guilds (servers).
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake-or-everyone"))]
    pub(super) guilds: Vec<String>,
    /// Other bots, each by its id. The rest is never answered.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake"))]
    pub(super) bots: Vec<String>,
    /// Webhooks, each by its id. The rest is never answered.
    #[schemars(extend("uniqueItems" = true), transform = each("snowflake"))]
    pub(super) webhooks: Vec<String>,
}

/// Files that come with messages: fetched from Discord's file servers into the channel's workspace.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAttachments {
    /// The most files of one message that are fetched; 0 fetches none.
    #[schemars(range(min = 0, max = 30))]
    pub(super) max_files: usize,
    /// The size in bytes up to which a file is fetched.
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub(super) max_bytes: u64,
    /// How many bytes of fetched files a channel keeps; the oldest go first.
    #[schemars(range(min = 1, max = 1_099_511_627_776_u64))]
    pub(super) keep_bytes: u64,
    /// Seconds that fetching the files of one message may take.
    #[schemars(range(min = 1, max = 600))]
    pub(super) timeout_secs: u64,
}

/// How much people and channels may ask for. Owners and admins always may.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimits {
    /// One person, in all channels together.
    pub(super) user: RawLimit,
    /// One channel, whoever writes there.
    pub(super) channel: RawLimit,
    /// How often other bots are answered in a channel before a person has to speak again.
    #[schemars(range(min = 0, max = 1000))]
    pub(super) bots_in_a_row: u32,
}

/// What may be asked for. Left out: as much as one likes.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimit {
    /// Messages within an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 100_000))]
    pub(super) messages_per_hour: Option<u32>,
    /// Dollars within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.01, max = 1_000_000.0))]
    pub(super) usd_per_day: Option<f64>,
}

/// What one channel does differently.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawChannel {
    /// Model of a new session; one of `models`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "model-name"))]
    pub(super) model: Option<String>,
    /// The folder that Claude works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub(super) workspace: Option<String>,
    /// Allow rules, in place of the general ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "Vec<String>",
        length(min = 1),
        extend("uniqueItems" = true),
        transform = each("allow-rule")
    )]
    pub(super) allowed_tools: Option<Vec<String>>,
    /// Which messages are answered, if the channel belongs to a guild.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Respond")]
    pub(super) respond: Option<Respond>,
}

/// Says of a list's schema that each entry is a word of the kind `format`.
fn each(format: &'static str) -> impl Fn(&mut Schema) {
    move |list| {
        if let Some(entry) = list
            .get_mut("items")
            .and_then(|entry| entry.as_object_mut())
        {
            entry.insert("format".to_owned(), format.into());
        }
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            schema: None,
            model: "sonnet".to_owned(),
            models: ["haiku", "sonnet", "opus"].map(str::to_owned).to_vec(),
            allowed_tools: BUILTIN_RULES.iter().copied().map(str::to_owned).collect(),
            personality_dir: "personality".to_owned(),
            sessions_dir: "sessions".to_owned(),
            workspace_dir: "workspaces".to_owned(),
            claude: RawClaude::default(),
            discord: RawDiscord::default(),
            limits: RawLimits::default(),
            channels: BTreeMap::new(),
        }
    }
}

impl Default for RawClaude {
    fn default() -> Self {
        Self {
            bin: "claude".to_owned(),
            turn_timeout_secs: 300,
            pass_env: Vec::new(),
            system_prompt: SystemPromptMode::Replace,
            extra_args: Vec::new(),
            max_live: None,
            max_starting: 2,
            silence_secs: 180,
            background_secs: 3600,
            idle_secs: 900,
            sandbox: None,
            sandbox_read: Vec::new(),
            run_as: None,
        }
    }
}

impl Default for RawDiscord {
    fn default() -> Self {
        Self {
            token_file: None,
            respond: Respond::Mention,
            allow: RawAllow::default(),
            admins: Vec::new(),
            catch_up: RawCatchUp::default(),
            deaf_after_secs: 600,
            attachments: RawAttachments::default(),
            api_base: None,
        }
    }
}

impl Default for RawCatchUp {
    fn default() -> Self {
        Self {
            max_age_secs: 21_600,
            max_messages: 50,
        }
    }
}

impl Default for RawAttachments {
    fn default() -> Self {
        Self {
            max_files: 10,
            max_bytes: 10 * 1024 * 1024,
            keep_bytes: 200 * 1024 * 1024,
            timeout_secs: 60,
        }
    }
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            user: RawLimit::default(),
            channel: RawLimit::default(),
            bots_in_a_row: 5,
        }
    }
}
