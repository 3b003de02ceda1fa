use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use claude_session::protocol::{Effort, PermissionMode};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::{channel_override::InitialMode, problem::below};
use crate::{
    config::{
        Allow, AllowList, ApiBase, Approvals, ApprovalsTo, Approvers, AttachmentSettings,
        BUILTIN_RULES, CatchUp, ChannelLimit, ChannelOverride, Claude, Dashboard, Discord, Limit,
        LimitSettings, NotifyAdmins, QueueMode, QueueSettings, Respond, SandboxLevel, Sessions,
        StreamMode, SystemPromptMode, Threads, TimeZone, Updates, Verbosity,
    },
    money::Usd,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

mod messages;

const MACHINE: Machine = Machine {
    memory_bytes: 4_000_000_000,
};

fn read(text: &str) -> Result<Config, Problems> {
    read_with(text, &Environment::from_iter([("HOME", "/home/ada")]))
}

fn read_with(text: &str, env: &Environment) -> Result<Config, Problems> {
    Config::from_json(text, Path::new("/bot"), env, &MACHINE)
}

/// The one file's problems, a line each.
#[track_caller]
fn problems(file: &Value) -> String {
    read(&file.to_string()).unwrap_err().to_string()
}

#[test]
fn an_empty_object_is_the_defaults() {
    let config = read("{}").unwrap();
    let expected = Config {
        schema: None,
        model: "sonnet".to_owned(),
        models: None,
        personas: None,
        allowed_tools: BUILTIN_RULES.map(str::to_owned).to_vec(),
        mcp_servers: BTreeMap::new(),
        personality_dir: "/bot/personality".into(),
        file: "/bot/config.json".into(),
        folder: "/bot".into(),
        sessions_dir: "/bot/sessions".into(),
        workspace_dir: "/bot/workspaces".into(),
        sessions: Sessions::default(),
        updates: Updates::default(),
        claude: Claude {
            effort: None,
            agent: None,
            add_dirs: vec![],
            permission_mode: None,
            disallowed_tools: vec![],
            max_turns: None,
            settings: serde_json::Map::new(),
            fallback_model: None,
            bin: "claude".into(),
            turn_timeout: Duration::from_mins(5),
            pass_env: vec![],
            system_prompt: SystemPromptMode::Replace,
            extra_args: vec![],
            max_live: 13,
            max_starting: 2,
            silence: Duration::from_mins(3),
            background: Duration::from_hours(1),
            idle: Duration::from_mins(15),
            sandbox: None,
            sandbox_read: vec![],
            bypass_permissions: false,
            run_as: None,
        },
        discord: Discord {
            token_file: None,
            respond: Respond::Mention,
            allow: Allow::default(),
            admins: BTreeSet::new(),
            notify_admins: NotifyAdmins::Dm,
            approvals: Approvals::On,
            approvals_to: ApprovalsTo::Channel,
            approvers: Approvers::default(),
            approval_timeout: Duration::from_mins(15),
            catch_up: CatchUp {
                max_age: Duration::from_hours(6),
                max_messages: 50,
            },
            context_messages: 20,
            rebuild_sessions: true,
            stop_deleted: true,
            verbose: Verbosity::Compact,
            reactions: crate::config::ReactionSettings::default(),
            deaf_after: Duration::from_mins(10),
            shards: None,
            threads: Threads::Fresh,
            auto_thread: false,
            queue: QueueSettings::default(),
            stream: StreamMode::Edit,
            notify_after: Duration::from_secs(20),
            long_answer_chars: 6_000,
            table_columns: 60,
            attachments: AttachmentSettings {
                max_files: 10,
                max_bytes: 10_485_760,
                keep_bytes: 209_715_200,
                timeout: Duration::from_mins(1),
            },
            transcribe: vec![],
            transcribe_network: false,
            api_base: None,
        },
        limits: LimitSettings {
            user: Limit::default(),
            channel: ChannelLimit::default(),
            timezone: TimeZone::default(),
            bots_in_a_row: 5,
            queue: 20,
            after_reset: crate::config::AfterReset::Run,
            disk_min_mb: 1_024,
        },
        dashboard: Dashboard::default(),
        channels: BTreeMap::new(),
    };
    assert_eq!(config, expected);
    assert!(config.discord.allow.is_empty());
}

#[test]
#[expect(clippy::too_many_lines, reason = "one file with every key")]
fn every_key_is_taken() {
    let config = read(
        r#"{
            "$schema": "config.schema.json",
            "model": "opus",
            "models": ["opus", "claude-haiku-4-5"],
            "personas": ["pirate", "default"],
            "allowed_tools": ["Read", "Bash(git status)"],
            "mcp_servers": {"notes": {"command": "notes-server"}},
            "personality_dir": "who",
            "sessions_dir": "/var/lib/bot",
            "workspace_dir": "~/work",
            "claude": {
                "bin": "tools/claude", "turn_timeout_secs": 60, "pass_env": ["GITHUB_TOKEN"],
                "system_prompt": "append", "extra_args": ["--effort", "high"], "max_live": 3,
                "max_starting": 5, "silence_secs": 20, "background_secs": 60, "idle_secs": 30,
                "sandbox": "cli", "sandbox_read": ["~/data", "/srv/data"], "run_as": "claude",
                "bypass_permissions": true, "effort": "high", "agent": "Explore", "add_dirs": ["shared", "~/notes"],
                "permission_mode": "plan", "disallowed_tools": ["WebFetch"], "max_turns": 30,
                "settings": {"env": {"EDITOR": "ed"}}, "fallback_model": "haiku"
            },
            "discord": {
                "token_file": "token", "respond": "all", "admins": ["7"], "notify_admins": "channel",
                "approvals": "off", "approvals_to": "both", "approvers": { "users": ["8"], "roles": ["9"] }, "approval_timeout_secs": 30,
                "catch_up": { "max_age_secs": 600, "max_messages": 7 }, "api_base": "http://127.0.0.1:1/",
                "deaf_after_secs": 90, "shards": 4, "context_messages": 5, "transcribe": ["whisper", "-f"], "transcribe_network": true, "rebuild_sessions": false, "stop_deleted": false,
                "stream": "final", "threads": "fork", "auto_thread": true, "queue": {"mode": "steer", "steer_prefix": ">", "interrupt_prefix": ""}, "notify_after_secs": 5, "long_answer_chars": 3000, "table_columns": 40,
                "allow": {
                    "users": ["1", "*"], "roles": ["2"], "channels": ["3"], "guilds": ["4"],
                    "bots": ["5"], "webhooks": ["6"]
                },
                "attachments": {"max_files": 2, "max_bytes": 300, "keep_bytes": 200, "timeout_secs": 5}
            },
            "limits": {
                "user": {"messages_per_hour": 30, "usd_per_turn": 0.5, "usd_per_day": 0.29, "usd_per_month": 3},
                "channel": {"usd_per_turn": 1.5, "usd_per_day": 5, "usd_per_month": 40, "usd_max": 10},
                "timezone": "Europe/Berlin",
                "bots_in_a_row": 0, "queue": 3,
                "after_reset": "ask", "disk_min_mb": 5
            },
            "sessions": {"keep_days": 90},
            "updates": {"url": "https://example.org/newest"},
            "dashboard": {
                "address": "127.0.0.1:8090", "hosts": ["desk.example.org"], "password_file": "~/password",
                "show_text": true, "admin": true
            },
            "channels": {
                "9": {"model": "claude-haiku-4-5", "personas": ["poet"], "workspace": "nine", "allowed_tools": ["Grep"], "respond": "mention",
                    "mcp_servers": {}, "agent": "Plan", "add_dirs": ["of-nine"], "effort": "low", "permission_mode": "acceptEdits",
                    "disallowed_tools": [], "max_turns": 1, "settings": {}, "fallback_model": "sonnet"}
            }
        }"#,
    )
    .unwrap();
    let expected = Config {
        schema: None,
        model: "opus".to_owned(),
        models: Some(vec!["opus".to_owned(), "claude-haiku-4-5".to_owned()]),
        personas: Some(vec!["pirate".to_owned(), "default".to_owned()]),
        allowed_tools: vec!["Read".to_owned(), "Bash(git status)".to_owned()],
        mcp_servers: BTreeMap::from([(
            "notes".to_owned(),
            serde_json::json!({ "command": "notes-server" }),
        )]),
        personality_dir: "/bot/who".into(),
        file: "/bot/config.json".into(),
        folder: "/bot".into(),
        sessions_dir: "/var/lib/bot".into(),
        workspace_dir: "/home/ada/work".into(),
        sessions: Sessions {
            keep_days: Some(90),
        },
        updates: Updates {
            url: "https://example.org/newest".into(),
        },
        claude: Claude {
            effort: Some(Effort::High),
            agent: Some("Explore".to_owned()),
            add_dirs: vec!["/bot/shared".into(), "/home/ada/notes".into()],
            permission_mode: Some(InitialMode::Plan),
            disallowed_tools: vec!["WebFetch".to_owned()],
            max_turns: Some(30),
            settings: json!({ "env": { "EDITOR": "ed" } })
                .as_object()
                .cloned()
                .unwrap(),
            fallback_model: Some("haiku".to_owned()),
            bin: "/bot/tools/claude".into(),
            turn_timeout: Duration::from_mins(1),
            pass_env: vec!["GITHUB_TOKEN".to_owned()],
            system_prompt: SystemPromptMode::Append,
            extra_args: vec!["--effort".to_owned(), "high".to_owned()],
            max_live: 3,
            max_starting: 5,
            silence: Duration::from_secs(20),
            background: Duration::from_mins(1),
            idle: Duration::from_secs(30),
            sandbox: Some(SandboxLevel::Cli),
            sandbox_read: vec!["/home/ada/data".into(), "/srv/data".into()],
            bypass_permissions: true,
            run_as: Some("claude".to_owned()),
        },
        discord: Discord {
            token_file: Some("/bot/token".into()),
            respond: Respond::All,
            allow: Allow {
                users: AllowList {
                    everyone: true,
                    ids: BTreeSet::from([UserId(1)]),
                },
                roles: AllowList {
                    everyone: false,
                    ids: BTreeSet::from([RoleId(2)]),
                },
                channels: AllowList {
                    everyone: false,
                    ids: BTreeSet::from([ChannelId(3)]),
                },
                guilds: AllowList {
                    everyone: false,
                    ids: BTreeSet::from([GuildId(4)]),
                },
                bots: BTreeSet::from([UserId(5)]),
                webhooks: BTreeSet::from([UserId(6)]),
            },
            admins: BTreeSet::from([UserId(7)]),
            notify_admins: NotifyAdmins::Channel,
            approvals: Approvals::Off,
            approvals_to: ApprovalsTo::Both,
            approvers: Approvers {
                users: BTreeSet::from([UserId(8)]),
                roles: BTreeSet::from([RoleId(9)]),
            },
            approval_timeout: Duration::from_secs(30),
            catch_up: CatchUp {
                max_age: Duration::from_mins(10),
                max_messages: 7,
            },
            context_messages: 5,
            rebuild_sessions: false,
            stop_deleted: false,
            verbose: Verbosity::Compact,
            reactions: crate::config::ReactionSettings::default(),
            deaf_after: Duration::from_secs(90),
            shards: Some(4),
            threads: Threads::Fork,
            auto_thread: true,
            queue: QueueSettings {
                mode: QueueMode::Steer,
                steer_prefix: ">".into(),
                interrupt_prefix: String::new(),
            },
            stream: StreamMode::Final,
            notify_after: Duration::from_secs(5),
            long_answer_chars: 3_000,
            table_columns: 40,
            attachments: AttachmentSettings {
                max_files: 2,
                max_bytes: 200,
                keep_bytes: 200,
                timeout: Duration::from_secs(5),
            },
            transcribe: vec!["whisper".to_owned(), "-f".to_owned()],
            transcribe_network: true,
            api_base: "http://127.0.0.1:1".parse::<ApiBase>().ok(),
        },
        limits: LimitSettings {
            user: Limit {
                messages_per_hour: Some(30),
                usd_per_turn: Some(Usd::from_dollars(0.5)),
                usd_per_day: Some(Usd::from_dollars(0.29)),
                usd_per_month: Some(Usd::from_dollars(3.0)),
            },
            channel: ChannelLimit {
                messages_per_hour: None,
                usd_per_turn: Some(Usd::from_dollars(1.5)),
                usd_per_day: Some(Usd::from_dollars(5.0)),
                usd_per_month: Some(Usd::from_dollars(40.0)),
                usd_max: Some(Usd::from_dollars(10.0)),
            },
            timezone: "Europe/Berlin".parse().unwrap(),
            bots_in_a_row: 0,
            queue: 3,
            after_reset: crate::config::AfterReset::Ask,
            disk_min_mb: 5,
        },
        dashboard: Dashboard {
            address: "127.0.0.1:8090".parse().ok(),
            hosts: BTreeSet::from(["desk.example.org".to_owned()]),
            password_file: Some("/home/ada/password".into()),
            show_text: true,
            admin: true,
        },
        channels: BTreeMap::from([(
            ChannelId(9),
            ChannelOverride {
                personas: Some(vec!["poet".to_owned()]),
                model: Some("claude-haiku-4-5".to_owned()),
                workspace: Some("/bot/nine".into()),
                allowed_tools: Some(vec!["Grep".to_owned()]),
                respond: Some(Respond::Mention),
                mcp_servers: Some(BTreeMap::new()),
                agent: Some("Plan".to_owned()),
                add_dirs: Some(vec!["/bot/of-nine".into()]),
                effort: Some(Effort::Low),
                permission_mode: Some(InitialMode::AcceptEdits),
                disallowed_tools: Some(vec![]),
                max_turns: Some(1),
                settings: Some(serde_json::Map::new()),
                fallback_model: Some("sonnet".to_owned()),
            },
        )]),
    };
    assert_eq!(config, expected);
    channels_override_options(&config);

    let (nine, ten) = (ChannelId(9), ChannelId(10));
    assert_eq!(
        (config.model_for(nine), config.model_for(ten)),
        ("claude-haiku-4-5", "opus")
    );
    assert_eq!(config.workspace_for(nine, nine), Path::new("/bot/nine"));
    assert_eq!(
        config.workspace_for(ten, ten),
        Path::new("/home/ada/work/10")
    );
    // A thread of the one, and of the other.
    assert_eq!(config.workspace_for(ten, nine), Path::new("/bot/nine"));
    assert_eq!(config.allowed_tools_for(nine), ["Grep"]);
    assert_eq!(config.allowed_tools_for(ten), ["Read", "Bash(git status)"]);
    assert_eq!(
        (config.respond_for(nine), config.respond_for(ten)),
        (Respond::Mention, Respond::All)
    );
    assert!(config.discord.allow.users.contains(&UserId(99)));
    assert!(!config.discord.allow.roles.contains(&RoleId(99)));
}

/// Of the channels 9, which has options of its own, and 10.
fn channels_override_options(config: &Config) {
    let (nine, ten) = (ChannelId(9), ChannelId(10));
    assert_eq!(config.mcp_config_for(nine), None);
    assert!(config.mcp_config_for(ten).unwrap().contains("notes"));
    let folders = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    let general = folders(&["/bot/shared", "/home/ada/notes"]);
    assert_eq!(config.add_dirs_for(nine), folders(&["/bot/of-nine"]));
    assert_eq!(config.add_dirs_for(ten), general);
    assert_eq!(config.add_dirs().len(), 3);
    assert_eq!(config.disallowed_tools_for(nine), [] as [&str; 0]);
    assert_eq!(config.disallowed_tools_for(ten), ["WebFetch"]);
    assert!(config.settings_for(nine).is_empty());
    assert_eq!(config.settings_for(ten).len(), 1);
    let options = |channel| {
        (
            config.agent_for(channel).unwrap(),
            config.effort_for(channel).unwrap(),
            config.permission_mode_for(channel),
            config.max_turns_for(channel).unwrap(),
            config.fallback_model_for(channel).unwrap(),
        )
    };
    let of_nine = (
        "Plan",
        Effort::Low,
        PermissionMode::AcceptEdits,
        1,
        "sonnet",
    );
    assert_eq!(options(nine), of_nine);
    let of_ten = ("Explore", Effort::High, PermissionMode::Plan, 30, "haiku");
    assert_eq!(options(ten), of_ten);
}

#[test]
fn the_variable_wins_over_the_key() {
    let env = Environment::from_iter([("CLAUDE_BIN", "./here/claude")]);
    let config = read_with(r#"{"claude": {"bin": "/opt/claude"}}"#, &env).unwrap();
    assert_eq!(config.claude.bin, Path::new("./here/claude"));
    let env = Environment::from_iter([("CLAUDE_BIN", "")]);
    let config = read_with(r#"{"claude": {"bin": "/opt/claude"}}"#, &env).unwrap();
    assert_eq!(config.claude.bin, Path::new("/opt/claude"));
}

#[test]
fn every_problem_is_listed_at_once() {
    let text = r#"{
        "model": "opus", "model": "opsu", "sessions_dir": 7, "surprise": {"deep": 1},
        "claude": {"turn_timeout_secs": 0, "bni": "x", "extra_args": ["stray", "-p", 3]},
        "discord": {"respond": "al", "admins": [5, "x", "6"]},
        "channels": {"12": {"model": "zebra", "respond": 1}, "x/~y": {"model": 1}}
    }"#;
    let problems = read(text).unwrap_err();
    let keys: BTreeSet<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    let expected = BTreeSet::from([
        "model",
        "sessions_dir",
        "surprise",
        "claude.turn_timeout_secs",
        "claude.bni",
        "claude.extra_args[1]",
        "claude.extra_args[2]",
        "discord.respond",
        "discord.admins[0]",
        "discord.admins[1]",
        "channels.12.model",
        "channels.12.respond",
        "channels.\"x/~y\"",
        "channels.\"x/~y\".model",
    ]);
    assert_eq!(keys, expected, "{problems}");
    assert_eq!(
        problems
            .iter()
            .filter(|problem| problem.key == "model")
            .count(),
        2,
        "{problems}"
    );
}

#[test]
fn a_broken_list_of_models_is_not_held_against_a_model() {
    let message = problems(&json!({"model": "mine", "models": ["mine", 3]}));
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.starts_with("models[1]: expected a model name"),
        "{message}"
    );
}

#[test]
fn the_home_folder_needs_a_home() {
    let error = read_with(
        r#"{"discord": {"token_file": "~/token"}}"#,
        &Environment::default(),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("discord.token_file: cannot resolve `~/token`"),
        "{error}"
    );
}

#[test]
fn a_token_in_the_file_is_not_repeated() {
    let token = format!("{}.GabcDE.{}", "M".repeat(24), "x".repeat(38));
    let file = json!({"discord": {"token_file": token, "token": token, "admins": [token]}});
    let error = read(&file.to_string()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("GabcDE"), "{error}");
    assert_eq!(error.iter().count(), 3, "{error}");
}

#[test]
fn defaults_hold_against_the_schema() {
    let defaults = serde_json::to_value(Config::default()).unwrap();
    assert_eq!(read(&defaults.to_string()), read("{}"));
}

/// Every key below `path` must be named in the docs.
#[track_caller]
fn check_keys(docs: &str, path: &str, schema: &Value) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let path = below(path, key);
        check_keys(docs, &path, value);
        let leaf = value.get("properties").is_none() && value.get("additionalProperties").is_none();
        assert!(
            !leaf || key == "$schema" || docs.contains(&format!("`{path}`")),
            "{path} is not in the docs"
        );
    }
}

#[test]
fn the_docs_have_every_key_and_valid_examples() {
    let docs = include_str!("../../../docs/configuration.md");
    let examples: Vec<&str> = docs
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(examples.len() > 3);
    for example in examples {
        if let Err(problems) = read(example) {
            panic!("{example}\n{problems}");
        }
    }
    check_keys(docs, "", &crate::config::schema());
}

#[test]
fn the_shipped_file_holds_the_defaults() {
    assert_eq!(read(include_str!("../../../config.json")), read("{}"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9*~/.(): -]{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "model",
            "models",
            "allowed_tools",
            "claude",
            "discord",
            "channels",
            "bin",
            "extra_args",
            "max_live",
            "allow",
            "users",
            "admins",
            "123",
            "a/b~c",
            "",
        ])
        .prop_map(str::to_owned),
        "[a-z/~0-9]{0,4}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The types take all that the schema lets through: no problem is ever blamed on the whole file, unless the
    /// whole file is no object.
    #[test]
    fn any_json_is_taken_or_explained(file in any_json()) {
        if let Err(problems) = read(&file.to_string()) {
            let mut told = String::new();
            for problem in problems.iter() {
                prop_assert!(!problem.message.is_empty(), "{problem}");
                prop_assert!(problem.key != WHOLE_FILE || !file.is_object(), "{problem}");
                writeln!(told, "{problem}").unwrap();
            }
            prop_assert!(!told.is_empty());
        }
    }
}

#[test]
fn a_dashboard_for_other_machines_needs_a_password() {
    let read = |more: &str| {
        read(&format!(
            r#"{{"dashboard": {{"address": "0.0.0.0:8090"{more}}}}}"#
        ))
    };
    let problems = read("").unwrap_err().to_string();
    assert!(
        problems.contains("dashboard.address: 0.0.0.0:8090 can be reached from other machines"),
        "{problems}"
    );
    assert!(read(r#", "password_file": "password""#).is_ok());
}
