//! The options of a session in the configuration.
//!
//! - `claude.disallowed_tools`, `settings`, `max_turns` and `agent` reach the session, those of a channel in their place
//! - Claude reads in `add_dirs`, and writes there if a rule says so, at each level of the sandbox
//! - `permission_mode` holds until `!mode` sets another

use serde_json::json;

use super::{confinement::tool, world::World};
use crate::support::{DEADLINE, Home};

on_both_versions!(
    options_reach_the_session,
    claude_works_in_further_folders,
    a_channel_starts_in_its_mode,
    an_unknown_agent_is_named_in_the_log
);

async fn options_reach_the_session(version: &'static str) {
    let world = World::new(version).await;
    let (general, rust) = (world.discord.general(), world.discord.channel("rust"));
    let agents =
        json!({ "pirate": { "description": "a pirate", "prompt": "canary-of-the-agent" } });
    let config = json!({
        "allowed_tools": ["Bash(env)", "WebFetch"],
        "claude": {
            "system_prompt": "append",
            "disallowed_tools": ["WebFetch"],
            "settings": { "env": { "CANARY_SETTING": "told" }, "disableAllHooks": true },
            "max_turns": 2,
            "extra_args": [format!("--agents={agents}")],
            "fallback_model": "haiku",
        },
        "channels": { rust.to_string(): {
            "disallowed_tools": ["Bash"], "agent": "pirate", "settings": {}, "max_turns": 9
        } },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;

    let output = tool(&world, &bot, general, "Bash", &json!({ "command": "env" })).await;
    assert!(output.contains("CANARY_SETTING=told"), "{output}");
    world.ask(&bot, "one").await;
    let request = world.requests_for("one").pop().unwrap();
    let (tools, system) = (
        request.body["tools"].to_string(),
        request.body["system"].to_string(),
    );
    assert!(
        tools.contains(r#""name":"Bash""#) && !tools.contains("WebFetch"),
        "{tools}"
    );
    assert!(!system.contains("canary"), "{system}");

    let asked = world.discord.say(rust, world.discord.owner(), "two");
    world.reply(&bot, asked, "").await;
    let request = world.requests_for("two").pop().unwrap();
    let (tools, system) = (
        request.body["tools"].to_string(),
        request.body["system"].to_string(),
    );
    assert!(
        tools.contains("WebFetch") && !tools.contains(r#""name":"Bash""#),
        "{tools}"
    );
    assert!(system.contains("canary-of-the-agent"), "{system}");

    let command = json!({ "command": "env" });
    let many = format!("[[tool Bash {command}]] [[tool Bash {command}]] [[tool Bash {command}]]");
    let asked = world.say(&many);
    world
        .reply(&bot, asked, "the limit of steps per turn")
        .await;
    world.stop(bot).await;
}

async fn claude_works_in_further_folders(version: &'static str) {
    for level in ["off", "cli", "bwrap"] {
        let world = World::new(version).await;
        let folder = Home::new();
        let path = folder.path().canonicalize().unwrap();
        folder.write("note.txt", "canary-of-the-folder");
        let (general, rust) = (world.discord.general(), world.discord.channel("rust"));
        let config = json!({
            "allowed_tools": ["Read(./**)"],
            "claude": { "sandbox": level },
            "channels": { general.to_string(): {
                "add_dirs": [path],
                "allowed_tools": ["Read(./**)", format!("Edit(/{}/**)", path.display())],
            } },
        });
        let bot = world.bot().config(&config).start(&world.discord).await;
        let read = json!({ "file_path": path.join("note.txt") });
        let output = tool(&world, &bot, general, "Read", &read).await;
        assert!(output.contains("canary-of-the-folder"), "{level}: {output}");
        let write = json!({ "file_path": path.join("made.txt"), "content": "made" });
        let output = tool(&world, &bot, general, "Write", &write).await;
        assert!(path.join("made.txt").exists(), "{level}: {output}");
        let output = tool(&world, &bot, rust, "Read", &read).await;
        assert!(
            !output.contains("canary-of-the-folder"),
            "{level}: {output}"
        );
        world.stop(bot).await;
    }
}

async fn a_channel_starts_in_its_mode(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "claude": { "permission_mode": "acceptEdits" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let status = world.ask(&bot, "!mode").await;
    assert!(status.contains("acceptEdits"), "{status}");
    let general = world.discord.general();
    let write = json!({ "file_path": "made.txt", "content": "made" });
    let made = world
        .home
        .path()
        .join(format!("workspaces/{general}/made.txt"));
    tool(&world, &bot, general, "Write", &write).await;
    assert!(made.exists());
    let set = world.ask(&bot, "!mode default").await;
    assert!(set.contains("default"), "{set}");
    let status = world.ask(&bot, "!mode").await;
    assert!(status.contains("`default`"), "{status}");
    world.stop(bot).await;
}

async fn an_unknown_agent_is_named_in_the_log(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "claude": { "agent": "nobody" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    world.ask(&bot, "one").await;
    let warning = bot.log.wait_for("does not know the agent", DEADLINE).await;
    assert!(
        warning.contains("nobody") && warning.contains("Explore"),
        "{warning}"
    );
    world.stop(bot).await;
}
