//! What was dealt with stays so.

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use super::{again, discord};
use crate::support::{Bot, Running, message_create, said};

/// Discord delivers a message once more.
fn redeliver(discord: &Loopback, message: Snowflake) {
    let old = discord.message(message).unwrap();
    let again = json!({ "id": message, "content": old.content });
    let event = message_create(discord, old.channel, old.author, &again);
    discord.gateway().dispatch("MESSAGE_CREATE", &event);
}

#[tokio::test]
async fn a_replay_after_a_restart_runs_nothing() {
    let discord = discord().await;
    let here = discord.general();
    let owner = discord.owner();
    let bot = Bot::new(&discord).start(&discord).await;
    let mut all = Vec::new();
    for (words, answer) in [
        ("[[say one]]", "one"),
        ("!model haiku", "`haiku` from the next message"),
        ("[[say two]]", "two"),
        ("!clear", "Cleared"),
        ("!stop", "Nothing is running"),
        ("!model nonsense", "Unknown model"),
    ] {
        let asked = discord.say(here, owner, words);
        bot.hears(&discord, asked, answer).await;
        all.push(asked);
    }
    let before = said(&discord, here);
    let home = bot.stop().await;
    let session = home.active()[here.to_string()]["session_id"].clone();
    let bot = again(&discord, &home).await;
    for message in &all {
        redeliver(&discord, *message);
    }
    let last = discord.say(here, owner, "!model opus");
    bot.reply(&discord, last).await;
    assert_eq!(
        said(&discord, here).len(),
        before.len() + 1,
        "{:#?}",
        said(&discord, here)
    );
    let home = bot.stop().await;
    let record = &home.active()[here.to_string()];
    assert_eq!(record["session_id"], session, "cleared once");
    assert_eq!(home.ledger().len(), 2);
}

/// A bot with as many messages behind a long turn as may wait, and those messages.
async fn full_queue(discord: &Loopback) -> (Running, Vec<Snowflake>) {
    let (here, owner) = (discord.general(), discord.owner());
    let bot = Bot::new(discord).start(discord).await;
    let first = discord.say(here, owner, "[[tool Nothing {}]] [[sleep 60]]");
    bot.hears(discord, first, "step 1").await;
    let waiting = (0..20).map(|n| discord.say(here, owner, &format!("[[say waited {n}]]")));
    (bot, waiting.collect())
}

#[tokio::test]
async fn what_overtook_the_queue_is_not_done_again() {
    let discord = discord().await;
    let here = discord.general();
    let owner = discord.owner();
    let (bot, waiting) = full_queue(&discord).await;
    let refused = discord.say(here, owner, "[[say never]]");
    bot.reply(&discord, refused).await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    let last = waiting[19];
    bot.reply(&discord, last).await;
    bot.ask(&discord, here, "[[say last]]", "last").await;
    let all = said(&discord, here);
    for n in 0..20 {
        let answer = format!("waited {n}");
        assert_eq!(
            all.iter().filter(|text| **text == answer).count(),
            1,
            "{all:#?}"
        );
    }
    assert!(!all.contains(&"never".to_owned()), "{all:#?}");
}

#[tokio::test]
async fn what_is_claimed_takes_no_place_from_what_waits() {
    let discord = discord().await;
    let here = discord.general();
    let owner = discord.owner();
    let (bot, waiting) = full_queue(&discord).await;
    // These are refused, and claimed.
    for number in 0..4 {
        let refused = discord.say(here, owner, &format!("[[say never {number}]]"));
        bot.reply(&discord, refused).await;
    }
    let home = bot.kill().await;
    let few = json!({ "discord": { "catch_up": { "max_messages": 3 } } });
    let bot = Bot::new(&discord).home(&home).config(&few);
    let bot = bot.start(&discord).await;
    // Said earlier, it might be found with those that were missed.
    bot.reply(&discord, waiting[19]).await;
    bot.ask(&discord, here, "[[say last]]", "last").await;
    let said = said(&discord, here);
    let told: Vec<_> = said
        .iter()
        .filter(|text| text.contains("while I was offline"))
        .collect();
    assert!(
        told.len() == 1 && told[0].contains("17 messages sent"),
        "{said:#?}"
    );
    let answered: Vec<_> = said
        .iter()
        .filter(|text| text.starts_with("waited"))
        .collect();
    let expected = ["waited 17", "waited 18", "waited 19"];
    assert_eq!(answered, expected, "{said:#?}\n{}", bot.log.text());
}

#[tokio::test]
async fn a_message_that_waits_for_missed_ones_runs_as_edited() {
    let discord = discord().await;
    let (here, owner) = (discord.general(), discord.owner());
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let home = bot.stop().await;
    let fetch = format!("GET /channels/{here}/messages");
    let hold = discord.hold(&fetch);
    let bot = again(&discord, &home).await;
    let asked = discord.say(here, owner, "[[say old]]");
    discord.edit(asked, "[[say new]]");
    // Discord's events come in order, so the bot has heard of the edit.
    let elsewhere = discord.say(discord.channel("rust"), owner, "!model");
    bot.reply(&discord, elsewhere).await;
    hold.release();
    bot.hears(&discord, asked, "new").await;
    assert_eq!(said(&discord, here), ["one", "new"]);
    bot.stop().await;
}
