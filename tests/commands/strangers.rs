//! People who may not talk to the bot.
//!
//! * They read why: once in a channel if they write there, and each time to themselves if they use slash commands.
//! * Who writes to others is left alone, as are bots, and a crowd does not make the bot talk.

use std::time::Duration;

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Running, said};

const REASON: &str = "You're not on this bot's allow list, so it doesn't answer you here.";

/// A bot that only the member may talk to.
async fn started(respond: &str) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let users = [discord.member().to_string()];
    let config = json!({ "discord": { "respond": respond, "allow": { "users": users } } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    (discord, bot)
}

/// Waits until everything that was said before has been decided.
async fn settle(bot: &Running, discord: &Loopback, channel: Snowflake) {
    let asked = discord.say(channel, discord.owner(), "!model");
    bot.reply(discord, asked).await;
}

fn replies(discord: &Loopback, asked: Snowflake) -> Vec<Message> {
    discord.look(|view| view.replies_to(asked))
}

#[tokio::test]
async fn a_stranger_reads_the_reason_once() {
    let (discord, bot) = started("mention").await;
    let (here, stranger) = (discord.general(), discord.stranger());
    let mention = format!("<@{}> [[say hi]]", discord.bot());
    let asked = discord.say(here, stranger, &mention);
    let told = bot.reply(&discord, asked).await;
    assert_eq!(told.content, REASON);
    assert!(told.mentions.is_empty(), "it pings nobody: {told:?}");
    for _ in 0..20 {
        discord.say(here, stranger, &mention);
    }
    settle(&bot, &discord, here).await;
    assert_eq!(said(&discord, here).len(), 2);
    // Other places are told for themselves.
    for place in [discord.channel("rust"), discord.dm(stranger)] {
        let asked = discord.say(place, stranger, &mention);
        assert_eq!(bot.reply(&discord, asked).await.content, REASON);
    }
    assert!(bot.stop().await.ledger().is_empty());
}

#[tokio::test]
async fn a_stranger_alone_reads_the_answer_to_a_slash_command() {
    let (discord, bot) = started("all").await;
    let (here, stranger) = (discord.general(), discord.stranger());
    for name in ["help", "stop", "clear", "usage"] {
        let who = (here, stranger);
        let answer = bot.slash_alone(&discord, who, name, &Value::Null).await;
        assert_eq!(answer, REASON);
    }
    // They have read it now.
    let asked = discord.say(here, stranger, "hello?");
    settle(&bot, &discord, here).await;
    assert!(replies(&discord, asked).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn who_does_not_write_to_the_bot_is_left_alone() {
    let (discord, bot) = started("mention").await;
    let (here, stranger) = (discord.general(), discord.stranger());
    let rival = discord.add_bot("Rival");
    let mention = format!("<@{}> hello", discord.bot());
    let asked = [
        discord.say(here, stranger, "hello, everybody"),
        discord.say(here, stranger, "!help"),
        discord.say(here, rival, &mention),
    ];
    settle(&bot, &discord, here).await;
    for asked in asked {
        assert!(replies(&discord, asked).is_empty());
    }
    bot.stop().await;
}

#[tokio::test]
async fn where_the_bot_answers_everything_a_stranger_reads_the_reason() {
    let (discord, bot) = started("all").await;
    let asked = discord.say(discord.general(), discord.stranger(), "hello?");
    assert_eq!(bot.reply(&discord, asked).await.content, REASON);
    bot.stop().await;
}

#[tokio::test]
async fn a_crowd_does_not_make_the_bot_talk() {
    let (discord, bot) = started("all").await;
    let here = discord.general();
    for number in 0..20 {
        let stranger = discord.add_user(&format!("Stranger {number}"));
        discord.say(here, stranger, "hello?");
    }
    settle(&bot, &discord, here).await;
    let told = said(&discord, here);
    let told = told.iter().filter(|text| *text == REASON).count();
    assert_eq!(told, 5);
    bot.stop().await;
}

#[tokio::test]
async fn a_press_of_a_stranger_is_answered_with_the_reason() {
    let (discord, bot) = started("all").await;
    let here = discord.general();
    discord.say(here, discord.member(), "[[status 400 bad]]");
    let notice = discord.wait_until(Duration::from_secs(30), "a retry button", |view| {
        let mut messages = view.bot_messages(here).into_iter();
        messages.find(|message| !message.components.is_empty())
    });
    let notice = notice.await.unwrap();
    let (id, _) = &crate::support::buttons(&notice)[0];
    let press = discord.press(notice.id, id, discord.stranger());
    let answer = press.response(Duration::from_secs(3)).await.unwrap();
    assert_eq!(answer.content, REASON);
    assert_eq!(answer.ephemeral_to, Some(discord.stranger()));
    bot.stop().await;
}
