//! The bot's own tools, and servers that the owner has configured, over the real CLI.
//!
//! - they stand in the first request, with what the model is told of them
//! - a file, a reaction and the channel's messages get where they should, and the model is told
//! - configured servers work, and nothing of them is on the command line

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::json;

use super::world::World;
use crate::support::DEADLINE;

on_both_versions!(
    claude_uses_the_bots_own_tools,
    configured_servers_are_handed_over
);

async fn claude_uses_the_bots_own_tools(version: &'static str) {
    let world = World::new(version).await;
    let discord = &world.discord;
    let (here, own) = (discord.general(), discord.bot());
    world
        .home
        .write(&format!("workspaces/{here}/plot.png"), "a picture");
    let bot = world.start().await;

    world.ask(&bot, "hello").await;
    let first = world.messages.requests().remove(0);
    for tool in ["send_file", "react", "read_channel"] {
        let name = format!("mcp__switchboard__{tool}");
        assert!(
            first.tools().contains(&name.as_str()),
            "{:?}",
            first.tools()
        );
    }
    let instructions = "People there do not see the workspace";
    assert!(first.body.to_string().contains(instructions));

    for (call, told) in [
        (
            "send_file {\"path\": \"plot.png\", \"caption\": \"look\"}",
            "was posted as plot.png",
        ),
        (
            "send_file {\"path\": \"../../config.json\"}",
            "leads out of the workspace",
        ),
        ("react {\"emoji\": \"👍\"}", "was added"),
        ("read_channel {\"count\": 5}", "[EXTERNAL CONTENT id="),
    ] {
        let asked = world.say(&format!("[[tool mcp__switchboard__{call}]] go on"));
        let request = world.messages.wait_until(DEADLINE, |calls| {
            calls
                .iter()
                .any(|call| call.request.tool_rounds().join("").contains(told))
        });
        request
            .await
            .unwrap_or_else(|error| panic!("{call}: {error}\n{}", bot.log.text()));
        world.reply(&bot, asked, "").await;
        if call.starts_with("react") {
            let reacted = discord.wait_until(DEADLINE, "the reaction", |view| {
                let reactions = view.message(asked).unwrap().reactions;
                reactions
                    .iter()
                    .any(|it| it.emoji == "👍" && it.users == [own])
            });
            reacted.await.unwrap();
        }
    }
    let mut posted = discord.bot_messages(here);
    posted.retain(|message| !message.attachments.is_empty());
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].content, "look");
    world.stop(bot).await;
}

/// A server with one tool, which knows its requests by their text.
const SERVER: &str = r#"while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
        *'"initialize"'*) result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}' ;;
        *'"tools/list"'*) result='{"tools":[{"name":"ping","description":"d","inputSchema":{"type":"object"}}]}' ;;
        *) result='{}' ;;
    esac
    [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
"#;

async fn configured_servers_are_handed_over(version: &'static str) {
    let secret = format!("loopback-secret-Yw7kT2mZ9rQ4xB6v-{version}");
    let world = World::new(version).await;
    let script = format!("workspaces/{}/server.sh", world.discord.general());
    world.home.write(&script, SERVER);
    let script = world.home.path().join(script);
    let server = json!({ "command": "sh", "args": [script], "env": { "API_TOKEN": secret } });
    let config = json!({
        "mcp_servers": { "pinger": server },
        "allowed_tools": ["Read(./**)", "mcp__pinger__ping"],
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    world.ask(&bot, "hello").await;
    let first = world.messages.requests().remove(0);
    assert!(
        first.tools().contains(&"mcp__pinger__ping"),
        "{:?}",
        first.tools()
    );
    let lines = world.processes();
    assert!(
        !lines.is_empty() && !lines.concat().contains(&secret),
        "{lines:?}"
    );
    // Files with the secret, which others may create or remove meanwhile.
    let files = || {
        let files = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        let named = files.filter(|file| {
            file.file_name()
                .to_string_lossy()
                .starts_with("claude-session-mcp-")
        });
        let paths = named.map(|file| file.path());
        let holds =
            |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains(&secret));
        paths.filter(holds).collect::<Vec<_>>()
    };
    let [file] = &files()[..] else {
        panic!("{:?}", files())
    };
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    world.stop(bot).await;
    assert!(files().is_empty());
}
