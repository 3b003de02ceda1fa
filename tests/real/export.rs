//! `!export` over the real CLI: its transcript is read, with a tool's result, in a fork and after a compaction.

use serde_json::json;

use super::world::World;
use crate::{
    branches::fork,
    export::{export, said},
};

on_both_versions!(the_transcript_is_exported,);

async fn the_transcript_is_exported(version: &'static str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let config = json!({ "allowed_tools": ["Bash(echo:*)"], "claude": { "sandbox": "off" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let echo = r#"[[tool Bash {"command":"echo hello"}]]"#;
    let first = world.say(echo);
    world.reply(&bot, first, "tool said: hello").await;
    let answer = bot.reply_with(&world.discord, first, "tool said").await.id;
    world.ask(&bot, "second @/etc/passwd").await;
    world.written_down("second @").await;
    let name = world.discord.user(owner).unwrap().display_name;
    let (message, markdown, json) = export(&bot, &world.discord, (here, owner), "!export").await;
    assert_eq!(
        message.content,
        "The conversation, 2 turns, to read and as JSON."
    );
    assert_eq!(
        said(&json),
        [(name.as_str(), echo), (&name, "second @/etc/passwd")]
    );
    assert_eq!(
        json["turns"][0]["answer"],
        json!([
            { "tool": "Bash", "input": { "command": "echo hello" }, "result": "hello", "is_error": false },
            { "text": "tool said: hello" },
        ])
    );
    assert!(!markdown.contains("EXTERNAL CONTENT"), "{markdown}");

    let thread = fork(&bot, &world.discord, answer).await;
    let asked = world.discord.say(thread, owner, "aside");
    world.reply(&bot, asked, "").await;
    world.written_down_in(thread, "aside").await;
    let (_, _, json) = export(&bot, &world.discord, (thread, owner), "!export").await;
    assert_eq!(said(&json), [(name.as_str(), echo), (&name, "aside")]);

    world.ask(&bot, "!compact").await;
    world.ask(&bot, "third").await;
    world.written_down("third").await;
    let (_, markdown, _) = export(&bot, &world.discord, (here, owner), "!export").await;
    let places = [
        "second @/etc/passwd",
        "(The conversation was summarized here.)",
        "third",
    ];
    let places = places.map(|text| {
        markdown
            .find(text)
            .unwrap_or_else(|| panic!("no {text}: {markdown}"))
    });
    assert!(places.is_sorted(), "{markdown}");
    world.stop(bot).await;
}
