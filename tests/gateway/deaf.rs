//! A bot that is online but deaf ends with a code of its own, and one that merely has nothing to hear does not.

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Running};

const DEAF: i32 = 69;

/// A bot that is given up after so many seconds of deafness.
fn impatient(discord: &Loopback, seconds: u64) -> Bot {
    Bot::new(discord).config(&json!({ "discord": { "deaf_after_secs": seconds } }))
}

/// One that has time to connect, on a busy machine too. It looks each 6 s for what it may have missed.
async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = impatient(&discord, 30).start(&discord).await;
    (discord, bot)
}

async fn check_end(mut bot: Running, words: &str) {
    let status = bot.ended().await;
    assert_eq!(status.code(), Some(DEAF), "{}", bot.log.text());
    let line = bot.log.wait_for("online but deaf", DEADLINE).await;
    assert!(line.contains(words), "{line}");
}

#[tokio::test]
async fn a_bot_that_is_never_connected_ends_though_discord_answers() {
    let discord = Loopback::builder().start().await.unwrap();
    let _outage = discord.gateway().outage();
    let bot = impatient(&discord, 3).launch();
    check_end(bot, "no gateway connection").await;
}

#[tokio::test]
async fn a_bot_that_is_connected_and_told_nothing_ends() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let heard = discord.say(here, discord.owner(), "!model");
    bot.reply(&discord, heard).await;
    discord.gateway().mute(true);
    discord.say(here, discord.owner(), "!model");
    check_end(bot, &format!("a message of channel {here}")).await;
}

/// Waits until the bot has looked so often for what it may have missed in a channel.
async fn looks(discord: &Loopback, channel: Snowflake, times: usize) {
    let reads = format!("GET /channels/{channel}/messages");
    let before = discord.calls_to(&reads).len();
    let looked = discord.wait_until(DEADLINE, "looks", |view| {
        view.calls_to(&reads).count() >= before + times
    });
    looked.await.unwrap();
}

#[tokio::test]
async fn a_bot_that_has_nothing_to_hear_goes_on() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    // Longer than its patience.
    looks(&discord, here, 6).await;
    let asked = discord.say(here, discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    bot.stop().await;
}

/// The bot's session cannot be resumed, and it has another.
async fn new_session(discord: &Loopback) {
    discord.gateway().invalidate_sessions(false);
    let back = discord.wait_until(DEADLINE, "a new session", |view| {
        view.identifies() == 2 && view.connected() == 1
    });
    back.await.unwrap();
}

#[tokio::test]
async fn messages_missing_from_a_new_session_are_not_awaited() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    discord.gateway().mute(true);
    discord.say(here, discord.owner(), "!model");
    discord.gateway().mute(false);
    new_session(&discord).await;
    looks(&discord, here, 3).await;
    bot.stop().await;
}

#[tokio::test]
async fn messages_before_many_of_the_bots_own_are_not_awaited() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    for _ in 0..5 {
        discord.say(here, discord.bot(), "more");
    }
    new_session(&discord).await;
    // One to find where to begin, and then longer than its patience.
    looks(&discord, here, 5).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_whose_discord_does_not_answer_at_all_waits() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.inject(Fault::status("GET /gateway/bot", 503).always());
    let bot = impatient(&discord, 1).launch();
    let asked = discord.wait_until(DEADLINE, "tries for longer than its patience", |view| {
        view.calls_to("GET /gateway/bot").count() > 6
    });
    asked.await.unwrap();
    bot.stop().await;
}
