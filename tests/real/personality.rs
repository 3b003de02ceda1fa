//! The system prompt that reaches the API.
//!
//! - the personality and the security rules are the last block, byte for byte, on the first turn, the second, and
//!   after a restart, together with the history
//! - a personality that was changed while the bot was down reaches the API in a session that is resumed
//! - `"append"` keeps the CLI's own prompt in front
//! - a prompt that is too long for an argument arrives whole, on a resumed session too, and its file is not left

use std::fs;

use serde_json::json;
use switchboard::persona;

use super::world::World;

on_both_versions!(
    every_turn_has_history_and_personality,
    the_clis_own_prompt_is_kept_where_asked,
    a_long_prompt_arrives_whole,
);

/// The prompt as the owner wrote it, with the security rules.
fn prompt(world: &World) -> String {
    persona::load(&world.home.path().join("personality"), &[])
        .unwrap()
        .get(persona::DEFAULT)
        .system_prompt()
}

/// The system prompt's blocks in the one request for `text`.
#[track_caller]
fn system(world: &World, text: &str) -> Vec<String> {
    let [request] = &world.requests_for(text)[..] else {
        panic!("not one request for {text}")
    };
    request.system().into_iter().map(str::to_owned).collect()
}

#[track_caller]
fn check(world: &World, text: &str, prompt: &str, history: &[&str]) {
    let [.., last] = &system(world, text)[..] else {
        panic!("no system prompt")
    };
    assert_eq!(last, prompt);
    let request = world.requests_for(text).remove(0);
    assert_eq!(request.said(), history);
    let answers = request
        .messages()
        .iter()
        .filter(|message| message["role"] == "assistant");
    assert_eq!(answers.count(), history.len() - 1);
}

async fn every_turn_has_history_and_personality(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    assert_eq!(world.ask(&bot, "two").await, "echo(2): two");
    let ada = prompt(&world);
    assert!(
        ada.starts_with("You are Ada, who runs the exchange.\n\n"),
        "{ada}"
    );
    check(&world, "one", &ada, &["one"]);
    check(&world, "two", &ada, &["one", "two"]);
    let session = world.session();
    world.stop(bot).await;

    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "three").await, "echo(3): three");
    check(&world, "three", &ada, &["one", "two", "three"]);
    world.stop(bot).await;

    world.home.write(
        "personality/IDENTITY.md",
        "You are Eve, who mends the lines.\n",
    );
    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "four").await, "echo(4): four");
    assert_eq!(world.ask(&bot, "five").await, "echo(5): five");
    let eve = prompt(&world);
    assert!(
        eve.starts_with("You are Eve, who mends the lines.\n\n"),
        "{eve}"
    );
    check(&world, "four", &eve, &["one", "two", "three", "four"]);
    check(
        &world,
        "five",
        &eve,
        &["one", "two", "three", "four", "five"],
    );
    assert_eq!(world.session(), session);
    world.stop(bot).await;
    assert!(
        system(&world, "five")
            .iter()
            .all(|block| !block.contains("Ada"))
    );
}

async fn the_clis_own_prompt_is_kept_where_asked(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .config(&json!({ "claude": { "system_prompt": "append" } }));
    let bot = bot.start(&world.discord).await;
    world.ask(&bot, "one").await;
    world.stop(bot).await;
    let system = system(&world, "one").join("\n");
    assert!(system.contains("You are Claude Code"), "{system}");
    let (own, ours) = system.split_at(system.len() - prompt(&world).len());
    assert_eq!(ours, prompt(&world));
    assert!(own.len() > 4_000, "{own}");
}

async fn a_long_prompt_arrives_whole(version: &'static str) {
    let world = World::new(version).await;
    world.home.write(
        "personality/USER.md",
        &"- They like long lists.\n".repeat(7_000),
    );
    world.home.write("tmp/.keep", "");
    let folder = world.home.path().join("tmp");
    let start = || {
        world
            .bot()
            .env("TMPDIR", folder.to_str().unwrap())
            .start(&world.discord)
    };
    let bot = start().await;
    world.ask(&bot, "one").await;
    world.stop(bot).await;
    let bot = start().await;
    world.ask(&bot, "two").await;
    world.stop(bot).await;
    let long = prompt(&world);
    assert!(long.len() > 131_072);
    check(&world, "one", &long, &["one"]);
    check(&world, "two", &long, &["one", "two"]);
    let left = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let prompts = left.filter(|name| name.to_str().unwrap().starts_with("claude-session-prompt-"));
    assert_eq!(prompts.count(), 0);
}
