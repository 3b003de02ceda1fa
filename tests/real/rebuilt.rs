//! Conversations that the CLI has lost, over the real CLI: the API is sent what stands in the channel, once, each in its role.
//!
//! - a transcript that is deleted while the bot is stopped, and again while it runs
//! - nothing from before a `!clear` comes back

use std::fs;

use serde_json::Value;

use super::world::World;

on_both_versions!(a_lost_conversation_is_resumed_from_the_channel,);

/// What Claude has said in the conversation of the last request for `text`.
fn answers(world: &World, text: &str) -> Vec<String> {
    let request = world.requests_for(text).pop().unwrap();
    let messages = request.messages().iter();
    let own = messages.filter(|message| message["role"] == "assistant");
    own.flat_map(|message| match &message["content"] {
        Value::String(text) => vec![text.clone()],
        blocks => {
            let blocks = blocks.as_array().unwrap().iter();
            blocks
                .filter_map(|block| Some(block["text"].as_str()?.to_owned()))
                .collect()
        }
    })
    .collect()
}

async fn a_lost_conversation_is_resumed_from_the_channel(version: &'static str) {
    let world = World::new(version).await;
    let here = world.discord.general();
    // A note precedes the conversation.
    let said = |text: &str| {
        let mut said = world.requests_for(text).pop().unwrap().said();
        let note = said.remove(0);
        assert!(
            note.starts_with("The record of this conversation was lost"),
            "{note}"
        );
        said
    };
    let bot = world.start().await;
    world.ask(&bot, "marzipan").await;
    world.ask(&bot, "!clear").await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    world.written_down("echo(1): one").await;
    let lost = world.session();
    world.stop(bot).await;
    fs::remove_file(world.transcript().unwrap()).unwrap();

    let bot = world.start().await;
    let asked = world.say("two");
    bot.hears(
        &world.discord,
        asked,
        "I rebuilt the conversation from 2 messages",
    )
    .await;
    world.reply(&bot, asked, "echo(3): two").await;
    assert_eq!(said("two"), ["one", "two"]);
    assert_eq!(answers(&world, "two"), ["echo(1): one"]);
    let request = format!("{:?}", world.requests_for("two")[0].messages());
    assert!(!request.contains("marzipan"));
    assert_ne!(world.session(), lost);
    assert_eq!(world.ask(&bot, "three").await, "echo(4): three");
    assert_eq!(said("three"), ["one", "two", "three"]);
    world.written_down("echo(4): three").await;

    fs::remove_file(world.transcript().unwrap()).unwrap();
    bot.kill_cli(&world.discord, here).await;
    let asked = world.say("four");
    bot.hears(
        &world.discord,
        asked,
        "I rebuilt the conversation from 6 messages",
    )
    .await;
    world.reply(&bot, asked, "echo(5): four").await;
    assert_eq!(said("four"), ["one", "two", "three", "four"]);
    assert_eq!(
        answers(&world, "four"),
        ["echo(1): one", "echo(3): two", "echo(4): three"]
    );
    world.stop(bot).await;
}
