//! The settings of single channels.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use claude_session::protocol::{Effort, PermissionMode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{discord::Respond, encoding::each};

/// Settings of one channel, which override the general ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelOverride {
    /// Model of a new session; one of `models`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "model-name"))]
    pub model: Option<String>,
    /// Takes the place of `personas` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", length(min = 1))]
    pub personas: Option<Vec<String>>,
    /// Folder that Claude works in. Default: one in `workspace_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub workspace: Option<PathBuf>,
    /// Takes the place of `allowed_tools` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", length(min = 1), transform = each("allow-rule"))]
    pub allowed_tools: Option<Vec<String>>,
    /// See `discord.respond`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Respond")]
    pub respond: Option<Respond>,
    /// Takes the place of `mcp_servers` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, Map<String, Value>>", extend("propertyNames" = { "format": "server-name" }))]
    pub mcp_servers: Option<BTreeMap<String, Value>>,
    /// See `claude.agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "agent-name"))]
    pub agent: Option<String>,
    /// Takes the place of `claude.add_dirs` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", transform = each("path"))]
    pub add_dirs: Option<Vec<PathBuf>>,
    /// See `claude.effort`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Effort")]
    pub effort: Option<Effort>,
    /// See `claude.permission_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "InitialMode")]
    pub permission_mode: Option<InitialMode>,
    /// Takes the place of `claude.disallowed_tools` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeSet<String>", transform = each("allow-rule"))]
    pub disallowed_tools: Option<Vec<String>>,
    /// See `claude.max_turns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 10_000))]
    pub max_turns: Option<u32>,
    /// Takes the place of `claude.settings` in this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub settings: Option<Map<String, Value>>,
    /// See `claude.fallback_model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "model-name"))]
    pub fallback_model: Option<String>,
}

/// The permission mode that a channel starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InitialMode {
    /// Claude asks for everything that no rule allows.
    Default,
    /// Claude only reads, and presents a plan.
    Plan,
    /// Claude edits files in its workspace unasked.
    AcceptEdits,
}

impl From<InitialMode> for PermissionMode {
    fn from(mode: InitialMode) -> Self {
        match mode {
            InitialMode::Default => Self::Default,
            InitialMode::Plan => Self::Plan,
            InitialMode::AcceptEdits => Self::AcceptEdits,
        }
    }
}
