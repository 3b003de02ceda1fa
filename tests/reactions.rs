//! The reaction on a person's message.
//!
//! * It says at once that a message waits, then that Claude works on it or that its turn failed; never two at a time.
//! * A short turn makes at most three calls for it.
//! * A channel that forbids reactions gets none, and everything else works.

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Running};

const ADD: &str = "PUT /channels/*/messages/*/reactions/*/@me";

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    (discord, bot)
}

/// Waits until a message has exactly these reactions.
async fn has(discord: &Loopback, message: Snowflake, emoji: &[&str]) {
    let what = format!("{emoji:?}");
    let shown = discord.wait_until(DEADLINE, &what, |view| {
        let reactions = view.message(message).unwrap().reactions;
        assert!(reactions.len() <= 1, "{reactions:?}");
        reactions
            .iter()
            .map(|it| it.emoji.as_str())
            .eq(emoji.iter().copied())
    });
    shown.await.unwrap();
}

#[tokio::test]
async fn a_message_shows_how_it_stands() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let running = discord.say(here, discord.owner(), "[[hang]]");
    has(&discord, running, &["\u{1f6e0}\u{fe0f}"]).await;
    let waiting = discord.say(here, discord.member(), "[[status 400 bad]]");
    has(&discord, waiting, &["\u{23f3}"]).await;
    discord.say(here, discord.owner(), "!stop");
    has(&discord, running, &[]).await;
    has(&discord, waiting, &["\u{274c}"]).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_short_turn_makes_at_most_three_calls() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let first = discord.say(here, owner, "[[sleep 1]] [[say first]]");
    let waiting: Vec<_> = (0..6)
        .map(|n| discord.say(here, owner, &format!("[[say short {n}]]")))
        .collect();
    for message in &waiting {
        bot.reply(&discord, *message).await;
    }
    for message in &waiting {
        has(&discord, *message, &[]).await;
    }
    let ledger = bot.stop().await.ledger();
    let calls = |message: Snowflake| {
        let part = format!("/messages/{message}/reactions/");
        let calls = discord.calls().into_iter();
        calls.filter(|call| call.path.contains(&part)).count()
    };
    // A longer one shows that it runs.
    assert_eq!(calls(first), 2);
    // On a busy machine a turn may take longer than a short one does.
    let is_short = |message: &&Snowflake| {
        let mut lines = ledger.iter();
        let line = lines.find(|line| line["message"] == json!(message.to_string()));
        line.unwrap()["duration_ms"].as_u64().unwrap() < 300
    };
    let short: Vec<_> = waiting.iter().filter(is_short).collect();
    assert!(!short.is_empty(), "{ledger:?}");
    for message in short {
        let calls = calls(*message);
        assert!((1..=3).contains(&calls), "{calls}");
    }
}

#[tokio::test]
async fn a_channel_that_forbids_reactions_gets_none() {
    let (discord, bot) = started().await;
    let here = discord.general();
    discord.inject(Fault::json(
        ADD,
        403,
        &json!({ "message": "Missing Permissions", "code": 50_013 }),
    ));
    discord.say(here, discord.owner(), "[[hang]]");
    for _ in 0..3 {
        discord.say(here, discord.owner(), "[[say next]]");
    }
    bot.log
        .wait_for("does not allow the bot's reactions", DEADLINE)
        .await;
    bot.ask(&discord, here, "!stop", "Stopped").await;
    bot.ask(&discord, here, "[[say done]]", "done").await;
    assert_eq!(discord.calls_to(ADD).len(), 1);
    bot.stop().await;
}
