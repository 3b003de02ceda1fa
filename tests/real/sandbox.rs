//! The CLI's own sandbox, as the bot turns it on.
//!
//! - Bash works in it, sees the workspace, and neither the bot's files nor the login
//! - the allow rules hold as ever, and the model cannot ask for a way out
//! - nothing of it outlives the CLI, even if that is killed

use serde_json::{Value, json};

use super::world::{World, kill_cli, until};
use crate::support::Running;

on_both_versions!(
    bash_is_kept_in,
    the_allow_rules_hold_in_it,
    nothing_of_it_is_left_behind
);

fn config(tools: &Value) -> Value {
    json!({ "allowed_tools": tools, "claude": { "sandbox": "cli" } })
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
    let world = World::new(version).await;
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

async fn the_allow_rules_hold_in_it(version: &'static str) {
    let world = World::new(version).await;
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
    let world = World::new(version).await;
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
