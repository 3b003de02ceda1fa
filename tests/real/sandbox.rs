//! The CLI's own sandbox, as the bot turns it on.
//!
//! - Bash works in it, sees the workspace, and neither the bot's files nor the login
//! - Bash writes into the workspace, and not into what the system, the home folder and the bot have
//! - the allow rules hold as ever, and the model cannot ask for a way out
//! - nothing of it outlives the CLI, even if that is killed
//!
//! And inside bubblewrap:
//!
//! - a login that the CLI writes is kept, and its session is resumed

use std::fs;

use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::world::{World, kill_cli, until};
use crate::support::{Need, Running, skip_without};

static THE_CLIS_SANDBOX: Mutex<()> = Mutex::const_new(());

on_both_versions!(
    bash_is_kept_in,
    bash_writes_into_its_workspace_alone,
    the_allow_rules_hold_in_it,
    nothing_of_it_is_left_behind,
    a_login_and_a_session_outlive_the_sandbox
);

fn config(tools: &Value) -> Value {
    json!({ "allowed_tools": tools, "claude": { "sandbox": "cli" } })
}

/// One at a time: the CLI puts mount points of its own into folders that all share (`/tmp/.mcp.json` among them) and
/// takes them away when a command ends, and another's command that was about to start then fails.
pub(super) async fn the_clis_sandbox() -> MutexGuard<'static, ()> {
    THE_CLIS_SANDBOX.lock().await
}

async fn world(version: &'static str) -> (World, MutexGuard<'static, ()>) {
    let alone = the_clis_sandbox().await;
    (World::new(version).await, alone)
}

/// Lets Claude use Bash; what it printed.
async fn bash(world: &World, bot: &Running, input: &Value) -> String {
    let text = format!("[[tool Bash {input}]]");
    let asked = world.say(&text);
    world.reply(bot, asked, "tool said: ").await;
    let last = world.requests_for(&text).pop().unwrap();
    last.tool_rounds().join("\n")
}

async fn bash_is_kept_in(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let (world, _alone) = world(version).await;
    world.home.write(".ssh/id_ed25519", "canary-ssh");
    world.home.write("sessions/note", "canary-session");
    world.home.write("workspaces/1/note", "canary-other");
    let bot = world.bot().config(&config(&json!(["Bash"])));
    let bot = bot.start(&world.discord).await;
    let tried = [
        ("echo ringing > note; cat note", "ringing"),
        (
            "sh -c 'cat ../1/n*; cat ../../sess*/n*; cat ~/.ss*/*; echo end'",
            "end",
        ),
        ("sh -c 'cat ../../conf*; echo end'", "end"),
        ("env; echo end", "end"),
        ("sh -c 'echo x > ../../outside'; echo end", "end"),
    ];
    for (command, expected) in tried {
        let printed = bash(&world, &bot, &json!({ "command": command })).await;
        assert!(printed.contains(expected), "{command}: {printed}");
        for secret in ["canary", "sk-ant-loopback", "api_base"] {
            assert!(!printed.contains(secret), "{command}: {printed}");
        }
    }
    world.stop(bot).await;
}

async fn bash_writes_into_its_workspace_alone(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let (world, _alone) = world(version).await;
    world.home.write("notes/note", "");
    let bot = world.bot().config(&config(&json!(["Bash"])));
    let bot = bot.start(&world.discord).await;
    let home = world.home.path().display().to_string();
    // A bot with defaults has none, and would read one at its next start.
    fs::remove_file(world.home.path().join("config.json")).unwrap();
    let mark = Uuid::new_v4();
    // What the CLI's scrub of the environment opens for writing, and what it does not.
    let system = ["/home", "/mnt", "/opt", "/run", "/var/lib", "/srv", "/usr"];
    let own = ["notes", "personality", "sessions", "workspaces"];
    let mut paths: Vec<_> = system.iter().map(|path| format!("{path}/{mark}")).collect();
    paths.extend(own.iter().map(|path| format!("{home}/{path}/{mark}")));
    // What the bot would read, and run instead of the CLI.
    let own = [".env", "config.json", "bin/claude", ".local/bin/claude"];
    paths.extend(own.iter().map(|path| format!("{home}/{path}")));
    let command: Vec<_> = paths
        .iter()
        .map(|path| format!("mkdir -p $(dirname {path}); echo x > {path}"))
        .collect();
    let command = format!(
        "({}) ; echo x > note; cat note; echo end",
        command.join("; ")
    );
    let printed = bash(&world, &bot, &json!({ "command": command })).await;
    assert!(printed.ends_with("x\nend"), "{printed}");
    let written = |path: &String| fs::read(path).is_ok_and(|content| !content.is_empty());
    paths.retain(written);
    assert_eq!(paths, Vec::<String>::new(), "{printed}");
    world.stop(bot).await;
}

async fn the_allow_rules_hold_in_it(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let (world, _alone) = world(version).await;
    let bot = world.bot().config(&config(&json!(["Read(./**)"])));
    let bot = bot.start(&world.discord).await;
    for input in [
        json!({ "command": "touch pwned" }),
        json!({ "command": "touch pwned", "dangerouslyDisableSandbox": true }),
    ] {
        bash(&world, &bot, &input).await;
    }
    let workspace = format!("workspaces/{}/pwned", world.discord.general());
    assert!(!world.home.path().join(workspace).exists());
    world.stop(bot).await;
}

async fn nothing_of_it_is_left_behind(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let (world, _alone) = world(version).await;
    let bot = world.bot().config(&config(&json!(["Bash"])));
    let bot = bot.start(&world.discord).await;
    let helpers = || {
        let all = world.processes();
        all.iter().filter(|line| line.contains("socat")).count()
    };
    let printed = bash(&world, &bot, &json!({ "command": "id" })).await;
    assert!(printed.contains("uid="), "{printed}");
    until("the CLI's helper", || helpers() > 0).await;
    kill_cli(&bot);
    until("the end of the CLI's helper", || helpers() == 0).await;
    world.ask(&bot, "again").await;
    world.stop(bot).await;
}

async fn a_login_and_a_session_outlive_the_sandbox(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let world = World::new(version).await;
    let state = world.home.path().join("state");
    world.home.write("state/.credentials.json", "{}");
    world.home.write("state/settings.json", "{}");
    let config = json!({ "allowed_tools": ["Bash"], "claude": { "sandbox": "bwrap" } });
    let bot = || {
        let state = state.to_str().unwrap();
        world.bot().env("CLAUDE_CONFIG_DIR", state).config(&config)
    };
    let running = bot().start(&world.discord).await;
    // What the CLI does with the login, it does with a server's secret: the same file, written the same way.
    let command = "MCP_CLIENT_SECRET=canary-of-a-server $CLAUDE_CODE_EXECPATH mcp add --scope user --transport http \
        --client-id x --client-secret srv https://example.org/mcp";
    let printed = bash(&world, &running, &json!({ "command": command })).await;
    world.stop(running).await;
    let login = fs::read_to_string(state.join(".credentials.json")).unwrap();
    assert!(login.contains("canary-of-a-server"), "{login}: {printed}");
    assert_eq!(
        fs::read_to_string(state.join("settings.json")).unwrap(),
        "{}"
    );

    let session = world.session();
    let running = bot().start(&world.discord).await;
    let answer = world.ask(&running, "two").await;
    assert!(
        answer.starts_with("echo(") && !answer.starts_with("echo(1)"),
        "{answer}"
    );
    world.stop(running).await;
    assert_eq!(world.session(), session);
}
