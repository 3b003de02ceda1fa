//! What people do to messages, and which of it reaches a bot with which intents.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, Socket, loopback, post};

/// The intents for events in guilds and in direct messages.
const GUILDS: u64 = 1;
const MESSAGES: [u64; 2] = [1 << 9, 1 << 12];
const REACTIONS: [u64; 2] = [1 << 10, 1 << 13];
const TYPING: [u64; 2] = [1 << 11, 1 << 14];

#[tokio::test]
async fn an_edit_has_a_timestamp_and_a_preview_has_none() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let message = discord.say(discord.general(), discord.owner(), "https://example.com");
    socket.event("MESSAGE_CREATE").await;
    let embed = json!({ "type": "link", "url": "https://example.com", "title": "Example" });
    discord.add_preview(message, &embed);
    let event = socket.event("MESSAGE_UPDATE").await;
    assert_eq!(event["edited_timestamp"], Value::Null);
    assert_eq!(event["content"], "https://example.com");
    assert_eq!(event["embeds"], json!([embed]));
    discord.edit(message, "never mind");
    let event = socket.event("MESSAGE_UPDATE").await;
    assert!(event["edited_timestamp"].is_string());
    assert_eq!(event["content"], "never mind");
    assert_eq!(event["author"]["id"], json!(discord.owner()));
    let edited = discord.message(message).unwrap();
    assert_eq!(edited.history, ["https://example.com"]);
}

#[tokio::test]
async fn an_edit_that_mentions_the_bot_says_so() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let message = discord.say(discord.general(), discord.owner(), "hello");
    assert_eq!(socket.event("MESSAGE_CREATE").await["mentions"], json!([]));
    let (bot, role) = (discord.bot(), discord.role());
    discord.edit(message, &format!("<@{bot}> <@&{role}> hello"));
    let event = socket.event("MESSAGE_UPDATE").await;
    assert_eq!(event["mentions"][0]["id"], json!(bot));
    assert_eq!(event["mention_roles"], json!([role]));
}

/// Does everything that people can do in a channel.
fn act(discord: &Loopback, channel: Snowflake) {
    let owner = discord.owner();
    let message = discord.say(channel, owner, "hello");
    discord.edit(message, "hello!");
    discord.react(message, owner, "👍", true);
    discord.react(message, owner, "👍", false);
    discord.type_in(channel, owner);
    discord.delete(message);
}

/// Checks the events that a session with these intents receives of [`act`] in both kinds of channel.
async fn check(intents: u64, in_guild: &[&str], direct: &[&str]) {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, intents).await;
    act(&discord, discord.general());
    act(&discord, discord.dm(discord.owner()));
    discord.gateway().dispatch("END", &Value::Null);
    let mut received = [Vec::new(), Vec::new()];
    loop {
        let frame = socket.next().await.unwrap();
        let name = frame["t"].as_str().unwrap().to_owned();
        if name == "END" {
            break;
        }
        received[usize::from(frame["d"]["guild_id"].is_null())].push(name);
    }
    assert_eq!(received, [in_guild, direct], "{intents:#b}");
}

#[tokio::test]
async fn each_event_needs_its_intent() {
    const OF_MESSAGES: [&str; 3] = ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"];
    const OF_REACTIONS: [&str; 2] = ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"];
    check(GUILDS, &[], &[]).await;
    check(MESSAGES[0], &OF_MESSAGES, &[]).await;
    check(MESSAGES[1], &[], &OF_MESSAGES).await;
    check(REACTIONS[0], &OF_REACTIONS, &[]).await;
    check(REACTIONS[1], &[], &OF_REACTIONS).await;
    check(TYPING[0], &["TYPING_START"], &[]).await;
    check(TYPING[1], &[], &["TYPING_START"]).await;
}

#[tokio::test]
async fn channel_events_need_the_guilds_intent() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, MESSAGES[0]).await;
    let channel = discord.add_channel("plans");
    let thread = discord.add_thread(channel, "details");
    discord.rename_channel(channel, "old-plans");
    discord.archive_thread(thread, true);
    discord.delete_channel(channel);
    discord.gateway().dispatch("END", &Value::Null);
    socket.event("END").await;
}

#[tokio::test]
async fn typing_in_a_guild_names_the_member() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    discord.type_in(discord.general(), discord.member());
    let event = socket.event("TYPING_START").await;
    assert_eq!(event["member"]["roles"], json!([discord.role()]));
    assert_eq!(event["member"]["user"]["id"], json!(discord.member()));
    discord.type_in(discord.dm(discord.owner()), discord.owner());
    assert_eq!(socket.event("TYPING_START").await["guild_id"], Value::Null);
}

#[tokio::test]
async fn what_is_not_possible_panics() {
    let discord = loopback().await;
    let general = discord.general();
    let menu = json!({ "type": 3, "custom_id": "model", "options": [
        { "label": "Haiku", "value": "haiku" }, { "label": "Opus", "value": "opus" }] });
    let off =
        json!({ "type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": true });
    let rows = [menu, off].map(|held| json!({ "type": 1, "components": [held] }));
    let (_, made) = post(&discord, general, &json!({ "components": rows })).await;
    let message = crate::support::id(&made);
    let owner = discord.owner();
    let fails = |what: &str, action: &dyn Fn()| {
        let result = catch_unwind(AssertUnwindSafe(action));
        assert!(result.is_err(), "{what}");
    };
    fails("a disabled button", &|| {
        drop(discord.press(message, "off", owner));
    });
    fails("an unknown button", &|| {
        drop(discord.press(message, "on", owner));
    });
    fails("nothing chosen", &|| {
        drop(discord.pick(message, "model", owner, &[]));
    });
    fails("an unknown value", &|| {
        drop(discord.pick(message, "model", owner, &["gpt"]));
    });
    fails("too many values", &|| {
        drop(discord.pick(message, "model", owner, &["opus", "haiku"]));
    });
    fails("an unknown message", &|| discord.edit(1.into(), "x"));
    fails("a thread in a direct message", &|| {
        discord.start_thread(discord.dm(owner), owner, "x");
    });
    fails("a deleted channel", &|| {
        let channel = discord.add_channel("gone");
        discord.delete_channel(channel);
        discord.say(channel, owner, "hello");
    });
    let picked = discord.pick(message, "model", owner, &["opus"]);
    assert!(picked.acknowledgement().is_none());
}
