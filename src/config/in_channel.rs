//! The settings in effect in a channel.

use std::path::PathBuf;

use claude_session::protocol::{Effort, PermissionMode};
use serde_json::{Map, Value, json};

use super::{Config, Respond};
use crate::snowflake::ChannelId;

/// Models that every version of the CLI knows.
const MODELS: [&str; 3] = ["haiku", "sonnet", "opus"];

impl Config {
    /// The channel whose settings apply in `channel`: `channel` itself if it has settings, else its parent if that has.
    pub fn settings_of(&self, channel: ChannelId, parent: Option<ChannelId>) -> ChannelId {
        let has_own = |channel: &ChannelId| self.channels.contains_key(channel);
        match parent {
            Some(parent) if !has_own(&channel) && has_own(&parent) => parent,
            _ => channel,
        }
    }

    /// The models that any channel can be set to, where the CLI lists these.
    pub fn models(&self, listed: &[String]) -> Vec<String> {
        if let Some(models) = &self.models {
            return models.clone();
        }
        let mut models = MODELS.map(str::to_owned).to_vec();
        for model in listed {
            if !models.contains(model) {
                models.push(model.clone());
            }
        }
        models
    }

    /// The model of a new session.
    pub fn model_for(&self, channel: ChannelId) -> &str {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.model.as_deref())
            .unwrap_or(&self.model)
    }

    /// The personas among these, which are all, that the channel can be set to. It begins with the first one.
    pub fn personas_for(&self, channel: ChannelId, all: &[String]) -> Vec<String> {
        let own = self.channels.get(&channel);
        let allowed = own.and_then(|own| own.personas.as_deref());
        match allowed.or(self.personas.as_deref()) {
            Some(allowed) => {
                let exists = |name: &&String| all.contains(name);
                allowed.iter().filter(exists).cloned().collect()
            }
            None => all.to_vec(),
        }
    }

    /// The personas that any channel can be set to by name.
    pub fn personas(&self) -> impl Iterator<Item = &String> {
        let channels = self.channels.values();
        let own = channels.filter_map(|own| own.personas.as_ref());
        own.chain(&self.personas).flatten()
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
    pub fn mcp_config_for(&self, channel: ChannelId) -> Option<String> {
        let own = self.channels.get(&channel);
        let servers = own.and_then(|own| own.mcp_servers.as_ref());
        let servers = servers.unwrap_or(&self.mcp_servers);
        (!servers.is_empty()).then(|| json!({ "mcpServers": servers }).to_string())
    }

    /// The agent that answers.
    pub fn agent_for(&self, channel: ChannelId) -> Option<&str> {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.agent.as_deref())
            .or(self.claude.agent.as_deref())
    }

    /// The folders that Claude works in beside its workspace.
    pub fn add_dirs_for(&self, channel: ChannelId) -> &[PathBuf] {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.add_dirs.as_deref())
            .unwrap_or(&self.claude.add_dirs)
    }

    /// The folders of all channels.
    pub fn add_dirs(&self) -> Vec<PathBuf> {
        let channels = self.channels.values();
        let own = channels.flat_map(|own| own.add_dirs.iter().flatten());
        self.claude.add_dirs.iter().chain(own).cloned().collect()
    }

    /// How much the model thinks, unless the channel's record says so.
    pub fn effort_for(&self, channel: ChannelId) -> Option<Effort> {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.effort).or(self.claude.effort)
    }

    /// The permission mode, unless the channel's record has one.
    pub fn permission_mode_for(&self, channel: ChannelId) -> PermissionMode {
        let own = self.channels.get(&channel);
        let mode = own.and_then(|own| own.permission_mode);
        mode.or(self.claude.permission_mode)
            .map_or(PermissionMode::Default, PermissionMode::from)
    }

    /// Tools that Claude does not have.
    pub fn disallowed_tools_for(&self, channel: ChannelId) -> &[String] {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.disallowed_tools.as_deref())
            .unwrap_or(&self.claude.disallowed_tools)
    }

    /// How many calls of the model a turn may have.
    pub fn max_turns_for(&self, channel: ChannelId) -> Option<u32> {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.max_turns).or(self.claude.max_turns)
    }

    /// The settings of the CLI.
    pub fn settings_for(&self, channel: ChannelId) -> &Map<String, Value> {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.settings.as_ref())
            .unwrap_or(&self.claude.settings)
    }

    /// These settings for the CLI, in which it keeps sessions as long as the bot.
    pub fn cli_settings(&self, settings: &Map<String, Value>) -> Map<String, Value> {
        let mut settings = settings.clone();
        if let Some(days) = self.sessions.keep_days {
            settings.insert("cleanupPeriodDays".to_owned(), days.into());
        }
        settings
    }

    /// The model that answers while the channel's model is overloaded.
    pub fn fallback_model_for(&self, channel: ChannelId) -> Option<&str> {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.fallback_model.as_deref())
            .or(self.claude.fallback_model.as_deref())
    }

    /// The JSON that the CLI gets in private files, of all channels.
    pub fn private_json(&self) -> Vec<String> {
        let channels = self.channels.values();
        let servers = channels.clone().filter_map(|own| own.mcp_servers.as_ref());
        let servers = servers.chain([&self.mcp_servers]);
        let settings = channels.filter_map(|own| own.settings.as_ref());
        let settings = settings.chain([&self.claude.settings]);
        servers
            .map(|servers| json!({ "mcpServers": servers }).to_string())
            .chain(settings.map(|settings| json!(settings).to_string()))
            .collect()
    }

    /// Which messages are answered. Only for channels of a guild.
    pub fn respond_for(&self, channel: ChannelId) -> Respond {
        let own = self.channels.get(&channel);
        own.and_then(|own| own.respond)
            .unwrap_or(self.discord.respond)
    }
}
