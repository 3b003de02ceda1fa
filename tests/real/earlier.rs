//! Earlier sessions over the real CLI:
//!
//! - `!clear` is undone, and `!resume` goes back to what was left: the API is sent that conversation alone
//! - a session whose transcript is gone is told, and a new one begins

use std::fs;

use loopback_messages::Answer;
use serde_json::json;

use super::world::World;
use crate::{
    earlier::{choose, menu, settled},
    support::press,
};

on_both_versions!(earlier_sessions_are_resumed,);

async fn earlier_sessions_are_resumed(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    world.written_down("one").await;
    world.ask(&bot, "!clear").await;
    press(&world.discord, here, owner, "Undo").await;
    world.ask(&bot, "two").await;
    world.written_down("two").await;
    world.ask(&bot, "!clear").await;
    world.ask(&bot, "three").await;
    world.written_down("three").await;
    world.stop(bot).await;

    let config = json!({ "discord": { "rebuild_sessions": false } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let menu_of_one = menu(&bot, &world.discord).await;
    let chosen = choose(&world.discord, &menu_of_one, "one", owner);
    drop(chosen);
    settled(&world.discord, menu_of_one.0.id, "(2 turns)").await;
    world.ask(&bot, "four").await;
    let said = |text: &str| world.requests_for(text).pop().unwrap().said();
    assert_eq!(said("four"), ["one", "two", "four"]);

    let third = world.record()["earlier"][0]["session_id"].clone();
    let folder = world.transcript().unwrap();
    let name = format!("{}.jsonl", third.as_str().unwrap());
    fs::remove_file(folder.with_file_name(name)).unwrap();
    let menu_of_one = menu(&bot, &world.discord).await;
    drop(choose(&world.discord, &menu_of_one, "three", owner));
    settled(&world.discord, menu_of_one.0.id, "(1 turn)").await;
    let asked = world.say("five");
    bot.hears(
        &world.discord,
        asked,
        "no longer has this channel's session",
    )
    .await;
    world.reply(&bot, asked, "heard").await;
    assert_eq!(said("five"), ["five"]);
    world.stop(bot).await;
}
