//! A channel while the real CLI works in it:
//!
//! - each message that waits has a sign, and commands that only tell are answered at once
//! - what everyone used is read by the owner alone, and a stranger reads why they are not answered, once
//! - what waits in a channel that is deleted is not paid for

use serde_json::{Value, json};

use super::world::{World, until};
use crate::support::{DEADLINE, said};

on_both_versions!(a_busy_channel_answers_and_pays_for_nothing_once_deleted);

async fn a_busy_channel_answers_and_pays_for_nothing_once_deleted(version: &'static str) {
    let world = World::new(version).await;
    let discord = &world.discord;
    let (owner, member, stranger) = (discord.owner(), discord.member(), discord.stranger());
    let users = [owner, member].map(|user| user.to_string());
    let config = json!({ "discord": { "allow": { "users": users } } });
    let bot = world.bot().config(&config).start(discord).await;
    let here = discord.add_channel("doomed");
    let warm = discord.say(here, member, "warm up");
    bot.reply(discord, warm).await;

    discord.say(here, owner, "[[stall 1]] some words to begin with");
    world
        .streaming("[[stall 1]] some words to begin with")
        .await;
    let waiting = [1, 2, 3].map(|number| discord.say(here, member, &format!("number {number}")));
    let marked = discord.wait_until(DEADLINE, "three signs", |view| {
        waiting.iter().all(|message| {
            let reactions = view.message(*message).unwrap().reactions;
            reactions.iter().any(|it| it.emoji == "\u{23f3}")
        })
    });
    marked.await.unwrap();
    let status = discord.say(here, member, "!status");
    let status = bot.reply(discord, status).await.content;
    assert!(status.contains("**Process** working"), "{status}");
    assert!(status.contains("**Queue** 3 waiting"), "{status}");

    let usage = bot.slash_alone(discord, (here, owner), "usage", &Value::Null);
    let usage = usage.await;
    let name = discord.user(member).unwrap().display_name;
    assert!(usage.contains(&format!("\n- {name}: 1 turn, ")), "{usage}");
    let reason = "You're not on this bot's allow list, so it doesn't answer you here.";
    let asked = discord.say(here, stranger, "may I?");
    assert_eq!(bot.reply(discord, asked).await.content, reason);
    discord.say(here, stranger, "please");
    let help = bot.slash_alone(discord, (here, stranger), "help", &Value::Null);
    assert_eq!(help.await, reason);
    let last = discord.say(here, member, "!model");
    bot.reply(discord, last).await;
    let told = said(discord, here);
    assert_eq!(told.iter().filter(|text| *text == reason).count(), 1);
    assert!(!told.iter().any(|text| text.contains(&name)), "{told:#?}");

    discord.delete_channel(here);
    until("the process to end", || world.processes().is_empty()).await;
    assert_eq!(world.messages.requests().len(), 2);
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    assert_eq!(outcomes[0], "answered");
    assert!(outcomes.len() <= 2, "{outcomes:?}");
}
