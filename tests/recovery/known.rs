//! Channels in which nothing was said while the bot was away.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Map, Value, json};

use super::{again, at_rest, discord};
use crate::support::{Bot, Home, eventually, said};

const PAGE: &str = "GET /channels/*/messages";

fn record(last: Snowflake) -> Value {
    json!({
        "session_id": "00000000-0000-4000-8000-000000000000", "model": "sonnet", "guild_name": "Guild",
        "created_at": "2026-01-01T00:00:00.000Z", "last_message_at": "2026-01-01T00:00:00.000Z",
        "message_count": 1, "total_cost_usd": 0.0,
        "state": { "last_message_id": last.to_string(), "cli_total_cost_usd": 0.0, "resumable": false },
    })
}

/// Waits until a channel's record names the channel's last message.
async fn until_noted(home: &Home, discord: &Loopback, channel: Snowflake) {
    eventually("the last message to be on record", || {
        let last = discord.bot_messages(channel).pop()?.id;
        let record = &home.active()[channel.to_string()];
        (record["state"]["own_message_id"] == last.to_string()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_many_channels_only_those_with_news_are_asked() {
    let names: Vec<String> = (0..300).map(|number| format!("channel-{number}")).collect();
    let names = names.iter().map(String::as_str);
    let discord = Loopback::builder().channels(names.clone()).start();
    let discord = discord.await.unwrap();
    let home = Home::new();
    let mut records = Map::new();
    for name in names {
        let channel = discord.channel(name);
        let last = discord.say(channel, discord.owner(), "before");
        records.insert(channel.to_string(), record(last));
    }
    records.insert("version".into(), json!(2));
    let text = serde_json::to_string(&records).unwrap();
    home.write("sessions/active.json", &text);
    let [first, last] = ["channel-7", "channel-299"].map(|name| discord.channel(name));
    for channel in [first, last] {
        let missed = discord.say(channel, discord.owner(), "[[say missed]]");
        assert!(missed > channel);
    }
    let bot = again(&discord, &home).await;
    for channel in [first, last] {
        bot.has_said(&discord, channel, &["missed".to_owned()])
            .await;
    }
    let live = discord.channel("channel-200");
    bot.ask(&discord, live, "[[say live]]", "live").await;
    let asked: Vec<_> = discord.calls_to(PAGE);
    let asked: Vec<_> = asked.iter().map(|call| call.channel().unwrap()).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.contains(&first) && asked.contains(&last));
}

#[tokio::test]
async fn a_channel_in_which_the_bot_spoke_last_is_not_asked() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, here, "[[say before]]", "before").await;
    at_rest(bot.home()).await;
    let home = bot.stop().await;
    until_noted(&home, &discord, here).await;
    let bot = again(&discord, &home).await;
    bot.ask(&discord, here, "[[say live]]", "live").await;
    assert!(discord.calls_to(PAGE).is_empty());
    assert_eq!(said(&discord, here), ["before", "live"]);
}

#[tokio::test]
async fn an_own_message_hides_none_that_waited_before_it() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let slow = "[[say begun]] [[tool Nothing {}]] [[sleep 3]] [[say done]]";
    let asked = discord.say(here, discord.owner(), slow);
    eventually("the turn to run", || {
        bot.home().is_answering(asked).then_some(())
    })
    .await;
    let second = discord.say(here, discord.owner(), "[[say second]]");
    // Answered at once, after the second message was written.
    bot.ask(&discord, here, "!help", "!clear").await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    bot.hears(&discord, second, "second").await;
}
