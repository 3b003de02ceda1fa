//! What lies in the home folder, in a sandbox.
//!
//! - in the CLI's own, secrets and transcripts behind a symbolic link are kept from Bash, secrets from the Read tool too
//! - what the owner's own CLI has there is kept from one with another folder, and not missed by it

use std::{fs, os::unix::fs::symlink};

use serde_json::json;

use super::{sandbox::the_clis_sandbox, world::World};
use crate::support::{Need, skip_without};

on_both_versions!(
    a_secret_behind_a_link_is_kept_in,
    the_owners_own_cli_is_none_of_the_bots
);

async fn a_secret_behind_a_link_is_kept_in(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let _alone = the_clis_sandbox().await;
    let world = World::new(version).await;
    let home = world.home.path();
    world
        .home
        .write("dotfiles/aws/credentials", "canary-folder");
    world.home.write("dotfiles/pgpass", "canary-file");
    world.home.write("data/projects/x/y", "canary-transcript");
    fs::create_dir(home.join(".claude")).unwrap();
    for (name, target) in [
        (".aws", "dotfiles/aws"),
        (".pgpass", "dotfiles/pgpass"),
        (".claude/projects", "data/projects"),
        (".bash_history", "/dev/null"),
    ] {
        symlink(home.join(target), home.join(name)).unwrap();
    }
    let config = json!({ "allowed_tools": ["Bash", "Read"], "claude": { "sandbox": "cli" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let path = |name: &str| home.join(name).display().to_string();
    let mut seen = Vec::new();
    let see = "cat ~/.aws/* ~/.pgpass ~/dotfiles/pgpass ~/dotfiles/aws/* ~/data/projects/*/y; echo x > /dev/null && echo end";
    for (tool, input) in [
        ("Bash", json!({ "command": format!("sh -c '{see}'") })),
        ("Read", json!({ "file_path": path(".aws/credentials") })),
        ("Read", json!({ "file_path": path(".pgpass") })),
        (
            "Read",
            json!({ "file_path": path("dotfiles/aws/credentials") }),
        ),
        ("Read", json!({ "file_path": path("dotfiles/pgpass") })),
    ] {
        let text = format!("[[tool {tool} {input}]]");
        let asked = world.say(&text);
        world.reply(&bot, asked, "tool said: ").await;
        let last = world.requests_for(&text).pop().unwrap();
        seen.push(last.tool_rounds().join("\n"));
    }
    assert!(seen[0].ends_with("end"), "{seen:#?}");
    for seen in &seen {
        assert!(!seen.contains("canary"), "{seen}");
    }
    world.stop(bot).await;
}

async fn the_owners_own_cli_is_none_of_the_bots(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    for (level, state) in [("cli", "state"), ("cli", ".claude/bot"), ("bwrap", "state")] {
        let _alone = the_clis_sandbox().await;
        let world = World::new(version).await;
        let home = world.home.path();
        world.home.write(".claude/.credentials.json", "canary");
        world.home.write(".claude/projects/x/y", "canary");
        world.home.write(".claude.json", "{\"canary\": 1}");
        let config = json!({ "allowed_tools": ["Bash", "Read"], "claude": { "sandbox": level } });
        let state = home.join(state);
        let bot = world
            .bot()
            .env("CLAUDE_CONFIG_DIR", state.to_str().unwrap());
        let bot = bot.config(&config).start(&world.discord).await;
        let see = "cat ~/.claude.json ~/.claude/.cred* ~/.claude/projects/x/*; echo end";
        let login = home.join(".claude/.credentials.json");
        for (tool, input, expected) in [
            (
                "Bash",
                json!({ "command": format!("sh -c '{see}'") }),
                "end",
            ),
            ("Read", json!({ "file_path": login }), ""),
        ] {
            let text = format!("[[tool {tool} {input}]]");
            let asked = world.say(&text);
            world.reply(&bot, asked, "tool said: ").await;
            let last = world.requests_for(&text).pop().unwrap();
            let seen = last.tool_rounds().join("\n");
            assert!(seen.ends_with(expected), "{level}, {tool}: {seen}");
            assert!(!seen.contains("canary"), "{level}, {tool}: {seen}");
        }
        world.stop(bot).await;
    }
}
