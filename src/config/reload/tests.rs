use std::path::Path;

use serde_json::json;

use super::*;
use crate::config::{Environment, Machine, schema};

const CHANNEL: &str = "1100000000000000001";

fn read(file: &Value) -> Config {
    let environment = Environment::from_iter([("HOME", "/home/ada")]);
    let machine = Machine {
        memory_bytes: 4_000_000_000,
    };
    Config::from_json(&file.to_string(), Path::new("/bot"), &environment, &machine).unwrap()
}

#[track_caller]
fn reloaded(old: &Value, new: &Value) -> Reload {
    reload(&read(old), &read(new)).unwrap()
}

/// Every setting, by its key, with a value that is not the default.
fn settings() -> BTreeMap<String, Value> {
    let mut values = json!({
        "model": "opus",
        "models": ["sonnet", "opus"],
        "personas": ["pirate"],
        "allowed_tools": ["Read"],
        "mcp_servers": { "home": { "command": "home" } },
        "updates": { "url": "https://example.org/latest" },
        "personality_dir": "p", "sessions_dir": "s", "workspace_dir": "w",
        "claude": {
            "bin": "claude-2", "turn_timeout_secs": 7, "pass_env": ["A"], "system_prompt": "append",
            "effort": "low", "agent": "ada", "add_dirs": ["/data"], "permission_mode": "plan",
            "disallowed_tools": ["Write"], "max_turns": 7, "settings": { "a": { "b": 1 } }, "fallback_model": "haiku",
            "extra_args": ["--verbose-more"], "max_live": 3, "max_starting": 3,
            "silence_secs": 7, "background_secs": 7, "idle_secs": 7, "sandbox": "off",
            "sandbox_read": ["/data"], "bypass_permissions": true, "run_as": "ada",
        },
        "dashboard": {
            "address": "127.0.0.1:7", "admin": true, "hosts": ["desk.example.org"], "password_file": "p", "show_text": true,
        },
        "limits": {
            "user": { "messages_per_hour": 1, "usd_per_turn": 1.0, "usd_per_day": 1.0, "usd_per_month": 1.0 },
            "channel": {
                "messages_per_hour": 1, "usd_per_turn": 1.0, "usd_per_day": 1.0, "usd_per_month": 1.0, "usd_max": 1.0,
            },
            "timezone": "+02:00", "bots_in_a_row": 1, "queue": 1, "after_reset": "drop", "disk_min_mb": 7,
        },
        "discord": {
            "token_file": "t", "respond": "all", "admins": ["1"], "notify_admins": "off", "approvals": "off", "approvals_to": "dm",
            "allow": {
                "users": ["1"], "roles": ["1"], "channels": ["1"], "guilds": ["1"], "bots": ["1"], "webhooks": ["1"],
            },
            "approvers": { "users": ["1"], "roles": ["1"] }, "approval_timeout_secs": 7,
            "catch_up": { "max_age_secs": 70, "max_messages": 7 }, "context_messages": 7, "stop_deleted": false,
            "deaf_after_secs": 7, "shards": 2, "verbose": "off", "stream": "final", "threads": "fork", "auto_thread": true, "notify_after_secs": 7,
            "reactions": { "enabled": false, "waiting": "w", "working": "w", "failed": "f", "done": "d" },
            "queue": { "mode": "steer", "steer_prefix": "a", "interrupt_prefix": "b" },
            "long_answer_chars": 700, "table_columns": 70,
            "attachments": { "max_files": 7, "max_bytes": 7, "keep_bytes": 700, "timeout_secs": 7 },
            "transcribe": ["hear"], "transcribe_network": true, "api_base": "http://127.0.0.1:7",
        },
        "channels": { CHANNEL: { "model": "opus", "personas": ["poet"], "workspace": "own", "allowed_tools": ["Read"], "respond": "all",
            "effort": "low", "agent": "ada", "add_dirs": ["/data"], "permission_mode": "plan", "max_turns": 7,
            "disallowed_tools": ["Write"], "settings": { "a": { "b": 1 } }, "fallback_model": "haiku",
            "mcp_servers": { "home": { "command": "home" } } } },
    });
    // More keys in one object are too many for the macro.
    values["sessions"] = json!({ "keep_days": 7 });
    // The macro takes no more.
    values["discord"]["rebuild_sessions"] = json!(false);
    let leaves = leaves(&values).into_iter();
    leaves
        .map(|(path, value)| (path.join("."), value))
        .collect()
}

/// A file with one setting.
fn file(key: &str, value: &Value) -> Value {
    let mut file = json!({ "models": ["haiku", "sonnet", "opus"] });
    let path: Vec<String> = key.split('.').map(str::to_owned).collect();
    set(&mut file, &path, Some(value));
    file
}

fn keys_of_schema(prefix: &str, part: &Value, found: &mut BTreeSet<String>) {
    let below = |name: &str| match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}.{name}"),
    };
    let named = part["properties"].as_object().into_iter().flatten();
    let each = part["additionalProperties"].as_object();
    let each = each.map(|_| (CHANNEL, &part["additionalProperties"]));
    let mut parts: Vec<_> = named.map(|(name, part)| (name.as_str(), part)).collect();
    parts.extend(each.filter(|_| prefix == "channels"));
    if parts.is_empty() || OPAQUE.iter().any(|it| prefix.ends_with(it)) {
        found.insert(prefix.to_owned());
    }
    for (name, part) in parts {
        keys_of_schema(&below(name), part, found);
    }
}

#[test]
fn each_setting_is_taken_over_or_kept_as_it_is() {
    let nothing = json!({ "models": ["haiku", "sonnet", "opus"] });
    for (key, value) in settings() {
        for (old, new) in [
            (&nothing, &file(&key, &value)),
            (&file(&key, &value), &nothing),
        ] {
            let outcome = reloaded(old, new);
            // The largest file that can be kept bounds the largest one.
            let all: Vec<_> = [&*outcome.changed, &outcome.needs_restart].concat();
            assert!(all.contains(&key), "{key}: {outcome:?}");
            let (named, expected) = if is_live(&key) {
                (&outcome.changed, read(new))
            } else {
                (&outcome.needs_restart, read(old))
            };
            assert_eq!(named, &all, "{key}");
            assert_eq!(outcome.config, expected, "{key}");
        }
    }
}

#[test]
fn every_setting_of_the_schema_is_tried() {
    let mut keys = BTreeSet::new();
    keys_of_schema("", &schema(), &mut keys);
    keys.remove("$schema");
    let tried: BTreeSet<_> = settings().into_keys().collect();
    assert_eq!(tried, keys, "add a value for the new key to `settings`");
    for pattern in LIVE {
        let pattern = pattern.replace('*', CHANNEL);
        assert!(
            keys.iter().any(|key| key.starts_with(&pattern)),
            "{pattern}"
        );
    }
}

#[test]
fn an_unchanged_file_changes_nothing() {
    let all: Value = settings().iter().fold(json!({}), |mut file, (key, value)| {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        set(&mut file, &path, Some(value));
        file
    });
    let outcome = reloaded(&all, &all);
    assert_eq!((outcome.changed.len(), outcome.needs_restart.len()), (0, 0));
    assert_eq!(outcome.config, read(&all));
}

#[test]
fn what_needs_a_restart_does_not_keep_the_rest_back() {
    let old = json!({ "channels": { CHANNEL: { "workspace": "old" } } });
    let new = json!({
        "claude": { "max_live": 2, "idle_secs": 5 },
        "channels": { CHANNEL: { "workspace": "new", "respond": "all" } },
    });
    let outcome = reloaded(&old, &new);
    let respond = format!("channels.{CHANNEL}.respond");
    assert_eq!(outcome.changed, [&respond, "claude.idle_secs"]);
    let workspace = format!("channels.{CHANNEL}.workspace");
    assert_eq!(outcome.needs_restart, [&workspace, "claude.max_live"]);
    let expected = json!({
        "claude": { "idle_secs": 5 },
        "channels": { CHANNEL: { "workspace": "old", "respond": "all" } },
    });
    assert_eq!(outcome.config, read(&expected));
}

#[test]
fn empty_settings_of_a_channel_are_settings() {
    let nothing = json!({ "channels": { CHANNEL: { "respond": "all" } } });
    let none = json!({ "channels": { CHANNEL: { "respond": "all", "mcp_servers": {} } } });
    let key = format!("channels.{CHANNEL}.mcp_servers");
    for (old, new) in [(&nothing, &none), (&none, &nothing)] {
        let outcome = reloaded(old, new);
        assert_eq!(outcome.needs_restart, [&*key]);
        assert_eq!(outcome.config, read(old));
    }
    let bare = json!({ "channels": { CHANNEL: {} } });
    let outcome = reloaded(&json!({}), &bare);
    assert_eq!(outcome.changed, [format!("channels.{CHANNEL}")]);
    assert_eq!(outcome.config, read(&bare));
    let outcome = reloaded(&bare, &nothing);
    assert_eq!(outcome.config, read(&nothing));
}
