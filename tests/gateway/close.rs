//! What a close of the connection leads to.
//!
//! * A token or an intent that is refused ends the process, with a line that says what to do and an exit code of
//!   its own.
//! * Every other close is come back from, and an event that cannot be read costs nothing.

use loopback_discord::{Close, Loopback};
use serde_json::json;

use super::started;
use crate::support::{Bot, DEADLINE, Running};

/// The bot ends with this code, and says all of this on one line.
async fn check_end(mut bot: Running, code: i32, words: &[&str]) {
    let status = bot.ended().await;
    assert_eq!(status.code(), Some(code), "{}", bot.log.text());
    let last = bot.log.wait_for(": Discord refused", DEADLINE).await;
    for words in words {
        assert!(last.contains(words), "{last}");
    }
}

const TOKEN: [&str; 3] = [
    "Discord refused the bot token",
    "Reset Token",
    "DISCORD_TOKEN",
];

const INTENT: [&str; 4] = [
    "Discord refused the message content intent",
    "Developer Portal",
    "Privileged Gateway Intents",
    "Message Content Intent",
];

#[tokio::test]
async fn a_token_that_is_no_longer_good_ends_the_process() {
    let (discord, bot) = started().await;
    discord.gateway().close(&Close::code(4004));
    check_end(bot, 77, &TOKEN).await;
}

#[tokio::test]
async fn a_token_that_never_was_good_ends_the_process() {
    let discord = Loopback::builder().start().await.unwrap();
    let token = discord.token().replace("Loopba", "Wrong1");
    let bot = Bot::new(&discord).env("DISCORD_TOKEN", &token).launch();
    check_end(bot, 77, &TOKEN).await;
    assert_eq!(discord.gateway().identifies(), 0);
}

#[tokio::test]
async fn an_intent_that_is_refused_ends_the_process() {
    let (discord, bot) = started().await;
    discord.gateway().close(&Close::code(4014));
    check_end(bot, 76, &INTENT).await;
}

#[tokio::test]
async fn closes_that_pass_do_not_end_it() {
    for code in [1001, 4000, 4007, 4008, 4009] {
        let (discord, bot) = started().await;
        let here = discord.general();
        discord.gateway().close(&Close::code(code));
        let back = discord.wait_until(DEADLINE, "the bot to come back", |view| {
            view.connected() == 1 && view.identifies() + view.resumes() >= 2
        });
        back.await
            .unwrap_or_else(|error| panic!("{code}: {error}\n{}", bot.log.text()));
        let asked = discord.say(here, discord.owner(), "!model");
        bot.reply(&discord, asked).await;
        bot.stop().await;
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_skipped_and_logged_once() {
    let (discord, bot) = started().await;
    // No hash, and cut within a letter where it is read by twos: serenity panics on it.
    let avatar = format!("{}é{}", "a".repeat(29), "a");
    let author = json!({ "id": "7", "username": "ada", "avatar": avatar });
    for event in [json!({ "author": author }), json!("no message"), json!({})] {
        discord.gateway().dispatch("MESSAGE_CREATE", &event);
        discord.gateway().dispatch("GUILD_ROLE_UPDATE", &event);
    }
    let asked = discord.say(discord.general(), discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    let log = bot.log.text();
    for kind in ["MESSAGE_CREATE", "GUILD_ROLE_UPDATE"] {
        let lines = log
            .lines()
            .filter(|line| line.contains("an event that cannot be read") && line.contains(kind));
        assert_eq!(lines.count(), 1, "{log}");
    }
    let gateway = discord.gateway();
    assert_eq!((gateway.connected(), gateway.identifies()), (1, 1));
    bot.stop().await;
}
