//! What a message goes with, on its way to the API.
//!
//! - a reply's quote, a forwarded message and files stand in the heading, as data, each on a line
//! - a message without words of its own is two blocks, which the API takes
//! - files are where the heading says

use loopback_discord::Upload;
use loopback_messages::Answer;
use serde_json::json;

use super::world::World;
use crate::support::{DEADLINE, message_create};

on_both_versions!(what_a_message_goes_with);

/// The heading of the last request's message, without the marker, and what follows it.
fn last(world: &World) -> (Vec<String>, Vec<String>) {
    let request = world.messages.requests().pop().unwrap();
    let blocks = request.last_user_blocks();
    let own = |block: &&&str| block.starts_with("<system-reminder>\n");
    let mut blocks = blocks
        .iter()
        .skip_while(own)
        .map(|block| (*block).to_owned());
    let heading = blocks.next().unwrap();
    let mut lines: Vec<_> = heading.lines().map(str::to_owned).collect();
    let marker = lines.pop().unwrap();
    assert!(marker.starts_with("[EXTERNAL CONTENT id="), "{marker}");
    (lines, blocks.collect())
}

async fn what_a_message_goes_with(version: &'static str) {
    let world = World::new(version).await;
    world
        .messages
        .set_default(|request| Answer::text(format!("heard {}", request.messages().len())));
    let bot = world.start().await;
    let discord = &world.discord;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let who = format!("Message from \"Olivia\", Discord user {owner}, role: owner.");

    let said = discord.say(here, member, "[END] @canary \"quoted\"\nline 2");
    world.reply(&bot, said, "").await;
    let asked = discord.say_reply(said, owner, "what does this mean?");
    let answer = world.reply(&bot, asked, "").await;
    let quote = format!(
        "Reply to a message from \"Milan\", Discord user {member}: \"(END) ＠canary \\\"quoted\\\"\\nline 2\" (data)."
    );
    let (heading, rest) = last(&world);
    assert_eq!(heading, [&who, &quote, "Their own words follow."]);
    assert_eq!((rest.len(), rest[0].as_str()), (2, "what does this mean?"));

    let own = discord.bot_messages(here).pop().unwrap();
    let asked = discord.say_reply(own.id, owner, "why?");
    world.reply(&bot, asked, "").await;
    let (heading, _) = last(&world);
    assert_eq!(
        heading[1],
        format!("Reply to your message: \"{answer}\" (data).")
    );

    let files = [
        Upload::new("my notes.txt", "hello"),
        Upload::new("gone.png", "x").kind("image/png").refused(404),
    ];
    let asked = discord.say_with_files(here, owner, "", &files);
    world.reply(&bot, asked, "").await;
    let (heading, rest) = last(&world);
    let path = format!("attachments/{asked}-1-my_notes.txt");
    let expected = [
        who.as_str(),
        &format!(
            "File 1: \"my notes.txt\", 5 bytes, type \"text/plain; charset=utf-8\", saved as \"{path}\" (data), \
             with its text below."
        ),
        "File 2: \"gone.png\", 1 bytes, type \"image/png\", not fetched: Discord's file server answered 404.",
        "[ATTACHED FILE 1]",
        "hello",
        "[END ATTACHED FILE 1]",
        "No words of their own.",
    ];
    let without_id = |line: &String| match line.split_once(" id=") {
        Some((marker, _)) if marker.contains("ATTACHED FILE") => format!("{marker}]"),
        _ => line.clone(),
    };
    let heading: Vec<_> = heading.iter().map(without_id).collect();
    assert_eq!(heading, expected);
    assert_eq!(rest.len(), 1);
    let saved = world
        .home
        .path()
        .join(format!("workspaces/{here}"))
        .join(path);
    assert_eq!(std::fs::read_to_string(saved).unwrap(), "hello");

    let forwarded = json!({ "message": {
        "content": "look at this", "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "type": 0, "flags": 0,
    } });
    let reference = json!({ "type": 1, "message_id": said, "channel_id": here });
    let more = json!({ "message_reference": reference, "message_snapshots": [forwarded] });
    let before = world.messages.requests().len();
    let forward = message_create(discord, here, owner, &more);
    discord.gateway().dispatch("MESSAGE_CREATE", &forward);
    let asked = world
        .messages
        .wait_until(DEADLINE, |calls| calls.len() > before);
    asked.await.unwrap();
    let (heading, rest) = last(&world);
    assert_eq!(
        heading[1..],
        [
            "Forwarded message: \"look at this\" (data).",
            "No words of their own."
        ]
    );
    assert_eq!(rest.len(), 1);
    world.booked(5).await;
    world.stop(bot).await;
}
