//! The settings in effect in a channel.

use std::path::PathBuf;

use super::{Config, Respond};
use crate::snowflake::ChannelId;

impl Config {
    /// The channel whose settings apply in `channel`: `channel` itself if it has settings, else its parent if that has.
    pub fn settings_of(&self, channel: ChannelId, parent: Option<ChannelId>) -> ChannelId {
        let has_own = |channel: &ChannelId| self.channels.contains_key(channel);
        match parent {
            Some(parent) if !has_own(&channel) && has_own(&parent) => parent,
            _ => channel,
        }
    }

    /// The model of a new session.
    pub fn model_for(&self, channel: ChannelId) -> &str {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.model.as_deref())
            .unwrap_or(&self.model)
    }

    /// The folder that Claude works in. `settings` is the result of [`Self::settings_of`]. Unless the owner names a
    /// folder, a thread does not share its parent's.
    pub fn workspace_for(&self, channel: ChannelId, settings: ChannelId) -> PathBuf {
        let own = self.channels.get(&settings);
        own.and_then(|own| own.workspace.clone())
            .unwrap_or_else(|| self.workspace_dir.join(channel.to_string()))
    }

    /// The allow rules: the channel's own list or the general one, never both.
    pub fn allowed_tools_for(&self, channel: ChannelId) -> &[String] {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.allowed_tools.as_deref())
            .unwrap_or(&self.allowed_tools)
    }

    /// The MCP servers, in the JSON of the CLI's `--mcp-config`.
    pub fn mcp_config(&self) -> Option<String> {
        let servers = &self.mcp_servers;
        (!servers.is_empty()).then(|| serde_json::json!({ "mcpServers": servers }).to_string())
    }

    /// Which messages are answered. Only for channels of a guild.
    pub fn respond_for(&self, channel: ChannelId) -> Respond {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.respond)
            .unwrap_or(self.discord.respond)
    }
}
