//! Messages, word for word.

use serde_json::{Value, json};

use super::problems;

#[track_caller]
fn check(file: &Value, expected: &str) {
    assert_eq!(problems(file), expected);
}

#[test]
fn problems_with_keys_models_and_numbers_are_explained() {
    check(
        &json!([]),
        "(the whole file): expected an object in braces, found an empty list",
    );
    check(
        &json!({"modle": "opus"}),
        "modle: unknown key, expected one of $schema, model, models, personas, allowed_tools, mcp_servers, personality_dir, sessions_dir, \
         workspace_dir, claude, discord, limits, sessions, updates, dashboard, channels; did you mean \"model\"?",
    );
    check(
        &json!({"channels": {"123": {"modl": 1}}}),
        "channels.123.modl: unknown key, expected one of model, personas, workspace, allowed_tools, respond, mcp_servers, agent, \
         add_dirs, effort, permission_mode, disallowed_tools, max_turns, settings, fallback_model; did you mean \"model\"?",
    );
    check(
        &json!({"model": "opsu"}),
        "model: expected one of `models` (\"haiku\", \"sonnet\" or \"opus\"), found \"opsu\"; did you mean \"opus\"?",
    );
    check(
        &json!({"channels": {"123": {"model": "zebra"}}}),
        "channels.123.model: expected one of `models` (\"haiku\", \"sonnet\" or \"opus\"), found \"zebra\"",
    );
    check(
        &json!({"models": ["opus"]}),
        "model: expected one of `models` (\"opus\"), found \"sonnet\"; it is the default, so set `model` too",
    );
    check(
        &json!({"models": []}),
        "models: expected a non-empty list (each entry: a model name, such as \"sonnet\" or \"claude-opus-4-5\"), \
         found an empty list; to use the default, remove the key",
    );
    check(
        &json!({"models": ["sonnet", "sonnet"]}),
        "models: \"sonnet\" is listed twice; remove the duplicate",
    );
    check(
        &json!({"models": ["sonnet", ""]}),
        "models[1]: expected a model name, such as \"sonnet\" or \"claude-opus-4-5\", found \"\"; it must start with a \
         letter or digit and have no spaces",
    );
    check(
        &json!({"claude": {"turn_timeout_secs": 0}}),
        "claude.turn_timeout_secs: expected a whole number from 1 to 86400, found 0",
    );
    check(
        &json!({"limits": {"user": {"usd_per_day": 0}}}),
        "limits.user.usd_per_day: expected a number from 0.01 to 1000000, found 0",
    );
    check(
        &json!({"claude": {"turn_timeout_secs": "300"}}),
        "claude.turn_timeout_secs: expected a whole number from 1 to 86400, found \"300\"",
    );
    check(
        &json!({"claude": {"idle_secs": 0.5}}),
        "claude.idle_secs: expected a whole number from 1 to 604800, found 0.5",
    );
    check(
        &json!({"claude": {"max_live": -1}}),
        "claude.max_live: expected a whole number from 1 to 1000, found -1",
    );
    check(
        &json!({"claude": {"system_prompt": "appned"}}),
        "claude.system_prompt: expected \"replace\" or \"append\", found \"appned\"; did you mean \"append\"?",
    );
    check(
        &json!({"discord": {"respond": true}}),
        "discord.respond: expected \"mention\" or \"all\", found true",
    );
    for shards in [json!(0), json!(257), json!("4"), json!("Auto"), json!(true)] {
        let found = format!(
            "discord.shards: expected a whole number from 1 to 256, or \"auto\", found {shards}"
        );
        check(&json!({"discord": {"shards": shards}}), &found);
    }
    check(
        &json!({"claude": null}),
        "claude: expected an object in braces, found null; to use the default, remove the key",
    );
}

#[test]
fn problems_with_ids_addresses_and_arguments_are_explained() {
    check(
        &json!({"discord": {"allow": {"users": [80_351_110_224_678_912_u64]}}}),
        "discord.allow.users[0]: expected a Discord ID in quotes, such as \"123456789012345678\", or \"*\" for all, \
         found 80351110224678912; put it in quotes: \"80351110224678912\"",
    );
    check(
        &json!({"discord": {"admins": ["*"]}}),
        "discord.admins[0]: expected a Discord ID in quotes, such as \"123456789012345678\", found \"*\"; an ID has \
         only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\"",
    );
    check(
        &json!({"channels": {"general": {}}}),
        "channels.general: expected a Discord ID in quotes, such as \"123456789012345678\", found \"general\"; an ID \
         has only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\"",
    );
    check(
        &json!({"discord": {"api_base": "https://discord.com/api"}}),
        "discord.api_base: expected a loopback address with a port, such as \"http://127.0.0.1:8080\", found \
         \"https://discord.com/api\"; the bot must not send its token to other machines",
    );
    check(
        &json!({"claude": {"extra_args": ["--model=opus"]}}),
        "claude.extra_args[0]: expected a long flag or its value, found \"--model=opus\"; the bot sets `--model` itself",
    );
    check(
        &json!({"claude": {"extra_args": ["hello"]}}),
        "claude.extra_args[0]: expected a long flag first, found \"hello\"",
    );
    check(
        &json!({"allowed_tools": ["Bash(ls"]}),
        "allowed_tools[0]: expected an allow rule, such as \"Read\" or \"Bash(git status)\", found \"Bash(ls\"; its \
         parentheses must be balanced, and the last one must end the rule",
    );
    check(
        &json!({"allowed_tools": "Read"}),
        "allowed_tools: expected a non-empty list (each entry: an allow rule, such as \"Read\" or \
         \"Bash(git status)\"), found \"Read\"",
    );
}
