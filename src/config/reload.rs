//! What a running bot takes over of a changed configuration, and what it takes only when it is restarted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ChannelOverride, Config};

/// The settings that a running bot takes over, each with all below it. `*` stands for any name.
const LIVE: [&str; 50] = [
    "allowed_tools",
    "channels.*.agent",
    "channels.*.allowed_tools",
    "channels.*.disallowed_tools",
    "channels.*.effort",
    "channels.*.fallback_model",
    "channels.*.max_turns",
    "channels.*.model",
    "channels.*.permission_mode",
    "channels.*.personas",
    "channels.*.respond",
    "claude.agent",
    "claude.background_secs",
    "claude.bypass_permissions",
    "claude.disallowed_tools",
    "claude.effort",
    "claude.fallback_model",
    "claude.idle_secs",
    "claude.max_turns",
    "claude.permission_mode",
    "claude.silence_secs",
    "claude.system_prompt",
    "claude.turn_timeout_secs",
    "discord.admins",
    "discord.allow",
    "discord.approval_timeout_secs",
    "discord.approvals",
    "discord.approvers",
    "discord.auto_thread",
    "discord.context_messages",
    "discord.notify_admins",
    "discord.notify_after_secs",
    "discord.queue",
    "discord.reactions",
    "discord.rebuild_sessions",
    "discord.respond",
    "discord.stop_deleted",
    "discord.stream",
    "discord.threads",
    "discord.verbose",
    "limits.after_reset",
    "limits.bots_in_a_row",
    "limits.channel",
    "limits.disk_min_mb",
    "limits.queue",
    "limits.user",
    "model",
    "models",
    "personas",
    "sessions.keep_days",
];

/// Each is one setting: the names below it are not the bot's.
const OPAQUE: [&str; 2] = ["mcp_servers", "settings"];

const CHANNELS: &str = "channels";

/// The outcome of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// The file's settings, but the running ones where a new value needs a restart.
    pub config: Config,
    /// The keys whose new values are taken over.
    pub changed: Vec<String>,
    /// The keys whose new values need a restart.
    pub needs_restart: Vec<String>,
}

/// Whether a running bot takes over a new value of this key.
pub fn is_live(key: &str) -> bool {
    LIVE.iter().any(|pattern| {
        let mut names = key.split('.');
        let mut parts = pattern.split('.');
        parts.all(|part| names.next().is_some_and(|name| part == "*" || part == name))
    })
}

/// What becomes of the `running` configuration when the file has become `file`.
pub fn reload(running: &Config, file: &Config) -> serde_json::Result<Reload> {
    let mut merged = serde_json::to_value(file)?;
    let (old, new) = (leaves(&serde_json::to_value(running)?), leaves(&merged));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let (mut changed, mut needs_restart) = (Vec::new(), Vec::new());
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        let key = path.join(".");
        if before == after {
            continue;
        }
        // The empty settings of a channel: in a thread they take the place of its channel's.
        if is_of_channel(path) || is_live(&key) {
            changed.push(key);
        } else {
            needs_restart.push(key);
            set(&mut merged, path, before);
        }
    }
    let mut config = Config {
        file: running.file.clone(),
        folder: running.folder.clone(),
        ..serde_json::from_value(merged)?
    };
    // One that has only settings which need a restart is none yet: even an empty one would take precedence in a thread.
    config.channels.retain(|channel, own| {
        *own != ChannelOverride::default() || file.channels.get(channel) == Some(own)
    });
    Ok(Reload {
        config,
        changed,
        needs_restart,
    })
}

/// The settings with their values, by their names and those above them.
fn leaves(config: &Value) -> BTreeMap<Vec<String>, Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(Vec::<String>::new(), config)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(object)
                if !(is_opaque(&path) || object.is_empty() && is_of_channel(&path)) =>
            {
                open.extend(object.iter().map(|(name, value)| {
                    let mut path = path.clone();
                    path.push(name.clone());
                    (path, value)
                }));
            }
            _ => {
                found.insert(path, value.clone());
            }
        }
    }
    found
}

fn is_opaque(path: &[String]) -> bool {
    let name = path.last().map_or("", String::as_str);
    OPAQUE.contains(&name)
}

/// Whether this is all that is set for a channel.
fn is_of_channel(path: &[String]) -> bool {
    path.len() == 2 && path[0] == CHANNELS
}

/// Sets or removes the value at a path.
fn set(config: &mut Value, path: &[String], value: Option<&Value>) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let mut parent = config;
    for name in above {
        let Value::Object(object) = parent else {
            return;
        };
        parent = object
            .entry(name.clone())
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    if let Value::Object(object) = parent {
        match value {
            Some(value) => object.insert(name.clone(), value.clone()),
            None => object.shift_remove(name),
        };
    }
}

#[cfg(test)]
mod tests;
