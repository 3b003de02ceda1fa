//! What is set or asked in chat about the session.
//!
//! - `!effort` holds from the next message on, over a restart too, and `default` takes it back
//! - `!model` takes what the CLI itself lists
//! - `!context` shows a bar at once and then what the CLI counts

use super::world::{OLD, World};

on_both_versions!(
    the_effort_reaches_the_api,
    what_fills_the_context_is_counted,
    a_model_that_the_cli_lists_is_asked
);

/// The effort that the API was asked for with `text`.
fn effort(world: &World, text: &str) -> Option<String> {
    let request = world.requests_for(text).pop().unwrap();
    let effort = request.body["output_config"]["effort"].as_str();
    effort.map(str::to_owned)
}

async fn the_effort_reaches_the_api(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    let usual = effort(&world, "one");
    assert_ne!(usual.as_deref(), Some("low"));
    let set = world.ask(&bot, "!effort low").await;
    assert!(set.contains("effort `low`"), "{set}");
    world.ask(&bot, "two").await;
    assert_eq!(effort(&world, "two").as_deref(), Some("low"));
    world.stop(bot).await;

    let bot = world.start().await;
    world.ask(&bot, "three").await;
    assert_eq!(effort(&world, "three").as_deref(), Some("low"));
    world.ask(&bot, "!effort default").await;
    world.ask(&bot, "four").await;
    assert_eq!(effort(&world, "four"), usual);
    world.stop(bot).await;
}

async fn a_model_that_the_cli_lists_is_asked(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let (name, asked) = match version {
        OLD => ("opus[1m]", "claude-opus-4-8"),
        _ => ("fable", "claude-fable-5-2"),
    };
    world.ask(&bot, "one").await;
    let shown = world.ask(&bot, "!model").await;
    let listed = shown.split_once("Available models: ").unwrap().1;
    assert!(listed.contains(&format!("`{name}`")), "{shown}");
    let set = world.ask(&bot, &format!("!model {name}")).await;
    assert!(set.contains(&format!("uses `{name}` from")), "{set}");
    world.ask(&bot, "two").await;
    let request = world.requests_for("two").pop().unwrap();
    assert_eq!(request.body["model"], asked);
    world.stop(bot).await;
}

async fn what_fills_the_context_is_counted(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    let asked = world.say("!context");
    let text = world.reply(&bot, asked, "\n- ").await;
    assert!(text.starts_with("**Context** `"), "{text}");
    assert!(text.contains("- `System tools`"), "{text}");
    assert!(!text.contains("Free space"), "{text}");
    world.ask(&bot, "two").await;
    // The CLI has the API count the tokens, so there are more requests than those of messages.
    bot.stop().await;
}
