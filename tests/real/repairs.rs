//! A conversation that the API does not accept any more is repaired with a button: the damaged end is left out, the message
//! runs again, and the CLI keeps the old session.

use std::fs;

use loopback_discord::Snowflake;
use loopback_messages::{Answer, directed};
use serde_json::json;

use super::world::World;
use crate::support::{Running, offered, press};

on_both_versions!(
    changed_thinking_is_repaired,
    a_picture_that_cannot_be_processed_is_repaired,
    a_tool_result_without_its_call_is_repaired,
);

async fn changed_thinking_is_repaired(version: &'static str) {
    let why = "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be \
               modified.";
    is_repaired(version, why, "blocks of Claude's thinking").await;
}

async fn a_picture_that_cannot_be_processed_is_repaired(version: &'static str) {
    let why = "messages.0.content.1.image.source.base64: Could not process image";
    is_repaired(version, why, "a picture or document").await;
}

async fn a_tool_result_without_its_call_is_repaired(version: &'static str) {
    let why = "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` \
               block must have a corresponding `tool_use` block in the previous message.";
    is_repaired(version, why, "a tool's call and its result").await;
}

/// What the person says, and which words of the answer show that it is done.
async fn says(world: &World, bot: &Running, words: &str, answer: &str) -> Snowflake {
    let asked = world.say(words);
    world.reply(bot, asked, answer).await;
    asked
}

/// The second turn damages the conversation, and the API refuses all later ones with `why`.
async fn is_repaired(version: &'static str, why: &'static str, told: &str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    world.messages.set_default(move |request| {
        let holds_damage = json!(request.messages()).to_string().contains("damage");
        // A picture that is refused is left out by a summary, if the API accepts that request.
        if holds_damage && (request.person() != "damage" || request.is_summary()) {
            Answer::refusal(400, why)
        } else {
            directed(request)
        }
    });
    let bot = world
        .bot()
        .env("CLAUDE_CODE_MAX_RETRIES", "0")
        .start(&world.discord)
        .await;
    says(&world, &bot, "first", "echo(1): first").await;
    says(&world, &bot, "damage", "echo(2): damage").await;
    world.written_down("echo(2): damage").await;
    let old = world.session();
    let transcript = world.transcript().unwrap();
    let asked = says(
        &world,
        &bot,
        "third",
        "This conversation's history is damaged",
    )
    .await;
    let (notice, labels) = offered(&world.discord, here).unwrap();
    assert!(notice.content.contains(told), "{}", notice.content);
    assert_eq!(labels, ["Repair"]);
    press(&world.discord, here, owner, "Repair").await;
    // The damaged turn and the one that was refused are left out.
    world.reply(&bot, asked, "echo(2): third").await;
    let repaired = bot.hears(&world.discord, asked, "-# Repaired:").await;
    assert!(repaired.contains(&old), "{repaired}");
    says(&world, &bot, "fourth", "echo(3): fourth").await;
    world.stop(bot).await;
    assert_ne!(world.session(), old);
    let kept = fs::read_to_string(transcript).unwrap();
    assert!(kept.contains("echo(2): damage"), "the old session is kept");
}
