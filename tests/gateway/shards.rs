//! A bot whose guilds Discord divides among four connections.

use std::time::Duration;

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, eventually};

const SHARDS: usize = 4;

/// A channel in a guild of each shard, in the shards' order, and a direct message.
type Places = [Snowflake; SHARDS + 1];

/// A Discord that recommends four shards, of which so many may connect at once.
async fn discord(max_concurrency: u32) -> (Loopback, Places) {
    let builder = Loopback::builder().shards(4, max_concurrency);
    let discord = builder.start().await.unwrap();
    let place = |shard: u64| {
        let names = (format!("guild-{shard}"), format!("channel-{shard}"));
        let (_, channel) = discord.add_guild_on((shard, 4), &names.0, &names.1);
        channel
    };
    let [first, second, third, fourth] = [0, 1, 2, 3].map(place);
    let places = [first, second, third, fourth, discord.dm(discord.owner())];
    (discord, places)
}

/// Waits until all shards are connected.
async fn all_connected(bot: &Running, discord: &Loopback, identifies: usize) {
    let all = discord.wait_until(DEADLINE, "all shards", |view| {
        view.connected() == SHARDS && view.identifies() >= identifies
    });
    all.await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
}

/// A bot with four shards that are connected.
async fn started(config: &Value) -> (Loopback, Places, Running) {
    let (discord, places) = discord(4).await;
    let bot = Bot::new(&discord).config(config).start(&discord).await;
    all_connected(&bot, &discord, SHARDS).await;
    (discord, places, bot)
}

fn say_all(discord: &Loopback, places: &[Snowflake], text: &str) -> Vec<Snowflake> {
    let words = format!("[[say {text}]]");
    let say = |place: &Snowflake| discord.say(*place, discord.owner(), &words);
    places.iter().map(say).collect()
}

/// Waits until exactly this is said in these places.
async fn answers(bot: &Running, discord: &Loopback, places: &[Snowflake], texts: &[&str]) {
    let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
    for place in places {
        bot.has_said(discord, *place, &texts).await;
    }
}

/// Waits until all answers are noted as delivered: a kill from then on finds nothing open.
async fn at_rest(home: &Home, asked: &[Snowflake]) {
    eventually("all answers to be noted", || {
        let is_answering = |asked: &Snowflake| home.is_answering(*asked);
        (!asked.iter().any(is_answering)).then_some(())
    })
    .await;
}

/// The shards of the IDENTIFYs, each with its time, in the order in which they came.
fn identifies(discord: &Loopback) -> Vec<(Value, Duration)> {
    discord.look(|view| {
        let frames = view.frames().iter().filter(|frame| frame.op == 2);
        let shards = frames.map(|frame| (frame.data["shard"].clone(), frame.at));
        shards.collect()
    })
}

#[tokio::test]
async fn each_guild_is_answered_on_its_shard_and_direct_messages_are() {
    let (discord, places, bot) = started(&json!({})).await;
    say_all(&discord, &places, "here");
    answers(&bot, &discord, &places, &["here"]).await;
    for place in places {
        let who = (place, discord.owner());
        let status = bot.slash_alone(&discord, who, "status", &Value::Null);
        assert!(status.await.contains("sonnet"));
    }
    let registered = discord.calls_to("PUT /applications/*/commands");
    assert_eq!(registered.len(), 1);
    let mut shards: Vec<_> = identifies(&discord)
        .into_iter()
        .map(|(shard, _)| shard.to_string())
        .collect();
    shards.sort_unstable();
    assert_eq!(shards, ["[0,4]", "[1,4]", "[2,4]", "[3,4]"]);
    assert_eq!(bot.stop().await.ledger().len(), places.len());
    assert_eq!(discord.gateway().connected(), 0, "all are closed in order");
}

#[tokio::test]
async fn a_shard_that_is_dropped_resumes_while_others_go_on() {
    let (discord, places, bot) = started(&json!({ "discord": { "shards": 4 } })).await;
    say_all(&discord, &places, "before");
    answers(&bot, &discord, &places, &["before"]).await;
    discord.gateway().drop_shard(2);
    say_all(&discord, &places, "after");
    answers(&bot, &discord, &places, &["before", "after"]).await;
    all_connected(&bot, &discord, SHARDS).await;
    let came = discord.look(|view| (view.connections(), view.identifies(), view.resumes()));
    assert_eq!(came, (SHARDS + 1, SHARDS, 1), "{}", bot.log.text());
}

#[tokio::test]
async fn an_invalid_session_of_a_shard_asks_only_its_channels() {
    let (discord, places, bot) = started(&json!({})).await;
    say_all(&discord, &places, "before");
    answers(&bot, &discord, &places, &["before"]).await;
    discord.gateway().invalidate_shard(2);
    say_all(&discord, &places, "meanwhile");
    answers(&bot, &discord, &places, &["before", "meanwhile"]).await;
    all_connected(&bot, &discord, SHARDS + 1).await;
    say_all(&discord, &places, "after");
    answers(&bot, &discord, &places, &["before", "meanwhile", "after"]).await;
    let asked = discord.calls_to("GET /channels/*/messages");
    let asked: Vec<_> = asked.iter().map(|call| call.channel().unwrap()).collect();
    assert_eq!(asked, [places[2]], "{}", bot.log.text());
    let came = discord.look(|view| (view.identifies(), view.resumes()));
    assert_eq!(came, (SHARDS + 1, 0));
}

/// Restarts a bot that had one connection with four, which connect one after the other.
async fn check_restart(killed: bool) {
    let (discord, places) = discord(1).await;
    let one = json!({ "discord": { "shards": 1 } });
    let bot = Bot::new(&discord).config(&one).start(&discord).await;
    let asked = say_all(&discord, &places, "before");
    answers(&bot, &discord, &places, &["before"]).await;
    at_rest(bot.home(), &asked).await;
    let home = if killed {
        bot.kill().await
    } else {
        bot.stop().await
    };
    say_all(&discord, &places, "missed");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    // Before the last shard has a session.
    say_all(&discord, &places, "late");
    all_connected(&bot, &discord, 1 + SHARDS).await;
    say_all(&discord, &places, "live");
    let all = ["before", "missed", "late", "live"];
    answers(&bot, &discord, &places, &all).await;
    let came = identifies(&discord).split_off(1);
    for pair in came.windows(2) {
        let apart = pair[1].1.saturating_sub(pair[0].1);
        assert!(apart >= Duration::from_secs(5), "{came:?}");
    }
    let ledger = bot.stop().await.ledger();
    assert_eq!(ledger.len(), all.len() * places.len());
}

#[tokio::test]
async fn a_stop_with_four_shards_loses_and_doubles_nothing() {
    check_restart(false).await;
}

#[tokio::test]
async fn a_kill_with_four_shards_loses_and_doubles_nothing() {
    check_restart(true).await;
}

#[tokio::test]
async fn one_deaf_shard_ends_the_bot_though_others_hear() {
    let patience = json!({ "discord": { "deaf_after_secs": 30 } });
    let (discord, places, mut bot) = started(&patience).await;
    let asked = discord.say(places[2], discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    discord.gateway().mute_shard(2);
    discord.say(places[2], discord.owner(), "!model");
    let status = {
        let chatter = async {
            loop {
                discord.say(places[1], discord.owner(), "!model");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            status = bot.ended() => status,
            () = chatter => unreachable!(),
        }
    };
    assert_eq!(status.code(), Some(69), "{}", bot.log.text());
    let line = bot.log.wait_for("online but deaf", DEADLINE).await;
    let words = format!("a message of channel {}", places[2]);
    assert!(line.contains(&words), "{line}");
}

#[tokio::test]
async fn fewer_shards_than_discord_recommends_are_warned_of() {
    let (discord, _) = discord(4).await;
    let two = json!({ "discord": { "shards": 2 } });
    let bot = Bot::new(&discord).config(&two).start(&discord).await;
    let line = bot
        .log
        .wait_for("recommends more connections", DEADLINE)
        .await;
    assert!(line.contains("connections=2 recommended=4"), "{line}");
}
