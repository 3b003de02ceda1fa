//! What the owner reads, word for word.

use serde_json::{Value, json};

use super::problems;

#[track_caller]
fn check(file: &Value, expected: &str) {
    assert_eq!(problems(file), expected);
}

#[test]
fn keys_models_and_numbers_are_told_in_plain_words() {
    check(
        &json!([]),
        "(the whole file): found a list; allowed: an object in braces",
    );
    check(
        &json!({"modle": "opus"}),
        "modle: found an unknown key; allowed: $schema, model, models, allowed_tools, personality_dir, \
         sessions_dir, workspace_dir, claude, discord, limits, channels (did you mean \"model\"?)",
    );
    check(
        &json!({"channels": {"123": {"modl": 1}}}),
        "channels.123.modl: found an unknown key; allowed: model, workspace, allowed_tools, respond \
         (did you mean \"model\"?)",
    );
    check(
        &json!({"model": "opsu"}),
        "model: found \"opsu\"; allowed: one of `models`: \"haiku\", \"sonnet\" or \"opus\" \
         (did you mean \"opus\"?)",
    );
    check(
        &json!({"channels": {"123": {"model": "zebra"}}}),
        "channels.123.model: found \"zebra\"; allowed: one of `models`: \"haiku\", \"sonnet\" or \"opus\"",
    );
    check(
        &json!({"models": ["opus"]}),
        "model: found \"sonnet\"; allowed: one of `models`: \"opus\" (it is the default: set `model` as well)",
    );
    check(
        &json!({"models": []}),
        "models: found an empty list; allowed: a list with at least one entry, each entry a model's name, such \
         as \"sonnet\" or \"claude-opus-4-5\" (leave the key out for its default)",
    );
    check(
        &json!({"models": ["sonnet", "sonnet"]}),
        "models: found \"sonnet\" twice; allowed: each entry once",
    );
    check(
        &json!({"models": ["sonnet", ""]}),
        "models[1]: found \"\"; allowed: a model's name, such as \"sonnet\" or \"claude-opus-4-5\" (it must start \
         with a letter or digit and contain no spaces)",
    );
    check(
        &json!({"claude": {"turn_timeout_secs": 0}}),
        "claude.turn_timeout_secs: found 0; allowed: a whole number from 1 to 86400",
    );
    check(
        &json!({"limits": {"user": {"usd_per_day": 0}}}),
        "limits.user.usd_per_day: found 0; allowed: a number from 0.01 to 1000000",
    );
    check(
        &json!({"claude": {"turn_timeout_secs": "300"}}),
        "claude.turn_timeout_secs: found \"300\"; allowed: a whole number from 1 to 86400",
    );
    check(
        &json!({"claude": {"idle_secs": 0.5}}),
        "claude.idle_secs: found 0.5; allowed: a whole number from 1 to 604800",
    );
    check(
        &json!({"claude": {"max_live": -1}}),
        "claude.max_live: found -1; allowed: a whole number from 1 to 1000",
    );
    check(
        &json!({"claude": {"system_prompt": "appned"}}),
        "claude.system_prompt: found \"appned\"; allowed: \"replace\" or \"append\" (did you mean \"append\"?)",
    );
    check(
        &json!({"discord": {"respond": true}}),
        "discord.respond: found true; allowed: \"mention\" or \"all\"",
    );
    check(
        &json!({"claude": null}),
        "claude: found null; allowed: an object in braces (leave the key out for its default)",
    );
}

#[test]
fn ids_addresses_and_arguments_are_told_in_plain_words() {
    check(
        &json!({"discord": {"allow": {"users": [80_351_110_224_678_912_u64]}}}),
        "discord.allow.users[0]: found 80351110224678912; allowed: a Discord id in quotes, such as \
         \"123456789012345678\", or \"*\" for everyone (write it in quotes: \"80351110224678912\")",
    );
    check(
        &json!({"discord": {"admins": ["*"]}}),
        "discord.admins[0]: found \"*\"; allowed: a Discord id in quotes, such as \"123456789012345678\" (an id \
         has only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\")",
    );
    check(
        &json!({"channels": {"general": {}}}),
        "channels.general: found the key \"general\"; allowed: a Discord id in quotes, such as \
         \"123456789012345678\" (an id has only digits; to copy one, turn on Developer Mode in Discord and choose \
         \"Copy ID\")",
    );
    check(
        &json!({"discord": {"api_base": "https://discord.com/api"}}),
        "discord.api_base: found \"https://discord.com/api\"; allowed: a loopback address with a port and nothing \
         after it, such as \"http://127.0.0.1:8080\" (the bot token must not be sent to any other \
         machine but Discord's)",
    );
    check(
        &json!({"claude": {"extra_args": ["--model=opus"]}}),
        "claude.extra_args[0]: found \"--model=opus\"; allowed: a long flag that the bot does not set itself, or the \
         value of one (the bot sets `--model` itself)",
    );
    check(
        &json!({"claude": {"extra_args": ["hello"]}}),
        "claude.extra_args[0]: found \"hello\"; allowed: a long flag first; a value follows its flag",
    );
    check(
        &json!({"allowed_tools": ["Bash(ls"]}),
        "allowed_tools[0]: found \"Bash(ls\"; allowed: an allow rule, such as \"Read\" or \"Bash(git status)\" \
         (its parentheses must balance, and close at its end)",
    );
    check(
        &json!({"allowed_tools": "Read"}),
        "allowed_tools: found \"Read\"; allowed: a list with at least one entry, each entry an allow rule, such as \
         \"Read\" or \"Bash(git status)\"",
    );
}
