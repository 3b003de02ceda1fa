//! Odd things that people and programs send:
//!
//! - mentions in code, and mentions that an edit takes away
//! - embeds of which only one part is filled
//! - pasted words: alone in a direct message, two of them, very long, in another encoding
//! - replies that point to another channel

use loopback_discord::{Loopback, Snowflake, Upload};
use serde_json::{Value, json};

use crate::support::{Bot, Running, heading, message_create, said};

async fn started(config: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(config).start(&discord).await;
    (discord, bot)
}

/// Delivers a message that the loopback Discord does not have.
fn deliver(discord: &Loopback, more: &Value) {
    let data = message_create(discord, discord.general(), discord.owner(), more);
    discord.gateway().dispatch("MESSAGE_CREATE", &data);
}

/// The pasted words in a message, as Discord's clients send them.
fn pasted(text: impl Into<Vec<u8>>) -> Upload {
    Upload::new("message.txt", text.into()).kind("text/plain; charset=utf-8")
}

#[tokio::test]
async fn a_role_mention_in_code_is_no_mention() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (role, me) = (discord.bot_role(), discord.bot());
    // Discord names no mentions for it.
    let code = format!("```\n<@&{role}> [[say wrong]]\n```");
    deliver(&discord, &json!({ "content": code }));
    let role = json!([role]);
    deliver(
        &discord,
        &json!({ "content": "[[say right]]", "mention_roles": role }),
    );
    let last = discord.say(
        discord.general(),
        discord.owner(),
        &format!("<@{me}> [[say last]]"),
    );
    bot.reply(&discord, last).await;
    assert_eq!(said(&discord, discord.general()), ["right", "last"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_waiting_message_that_loses_its_mention_runs_once() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (here, owner, me) = (discord.general(), discord.owner(), discord.bot());
    let say = |text: &str| discord.say(here, owner, &format!("<@{me}> {text}"));
    say("[[hang]]");
    let edited = say("[[say as written]]");
    discord.edit(edited, "[[say as edited]]");
    say("!stop");
    bot.hears(&discord, edited, "as edited").await;
    let last = say("[[say last]]");
    bot.reply(&discord, last).await;
    let texts = said(&discord, here);
    assert!(!texts.iter().any(|text| text == "as written"), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| *text == "as edited").count(), 1);
    bot.stop().await;
}

#[tokio::test]
async fn each_part_of_a_listed_webhooks_embed_is_input() {
    let config = json!({ "discord": { "allow": { "webhooks": ["7"] } } });
    let (discord, bot) = started(&config).await;
    let here = discord.general();
    let hook = json!({ "id": "7", "username": "CI", "discriminator": "0000", "avatar": null, "bot": true });
    for (embed, text) in [
        (json!({ "footer": { "text": "deploy 17" } }), "deploy 17"),
        (json!({ "author": { "name": "Jenkins" } }), "Jenkins"),
        (json!({ "title": "Down" }), "Down"),
        (
            json!({ "fields": [{ "name": "Host", "value": "db1", "inline": true }] }),
            "Host: db1",
        ),
        (
            json!({ "image": { "url": "https://example.org/graph.png", "width": 1, "height": 1 } }),
            "https://example.org/graph.png",
        ),
        (
            json!({ "url": "https://example.org/run/9" }),
            "https://example.org/run/9",
        ),
    ] {
        let mut embed = embed;
        embed["type"] = "rich".into();
        let mark = discord.say(here, discord.bot(), "mark");
        deliver(
            &discord,
            &json!({ "webhook_id": "7", "author": hook, "content": "[[raw]]", "embeds": [embed] }),
        );
        let raw = bot.hears(&discord, mark, "Message from").await;
        let shown = format!(r#"Shown in the message: \"Embed: {text}\" (data)."#);
        assert!(raw.contains(&shown), "{raw}");
        // Too many answers to bots in a row are not given.
        bot.ask(&discord, here, "[[say people are here]]", "people are here")
            .await;
    }
    // Without words of its own, it is asked about all the same.
    let mark = discord.say(here, discord.bot(), "mark");
    let embed = json!({ "type": "rich", "description": "disk full" });
    deliver(
        &discord,
        &json!({ "webhook_id": "7", "author": hook, "embeds": [embed] }),
    );
    let told = bot.hears(&discord, mark, "").await;
    assert!(!told.contains("nothing that I can read"), "{told}");
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["answered"; 13]);
}

#[tokio::test]
async fn pasted_words_alone_in_a_direct_message_are_the_request() {
    let (discord, bot) = started(&json!({})).await;
    let first = discord.say_directly(discord.owner(), "[[say hello]]");
    bot.reply(&discord, first).await;
    let direct = discord.message(first).unwrap().channel;
    let text = format!("Please do [[say it was done]]{}", " and so on".repeat(600));
    let asked = discord.say_with_files(direct, discord.owner(), "", &[pasted(text)]);
    assert_eq!(bot.reply(&discord, asked).await.content, "it was done");
    bot.stop().await;
}

#[tokio::test]
async fn two_pasted_texts_are_both_the_authors_words() {
    let (discord, bot) = started(&json!({})).await;
    let files = [pasted("first of two [[raw]]"), pasted("second of two")];
    let asked = discord.say_with_files(discord.general(), discord.owner(), "", &files);
    let raw = bot.reply(&discord, asked).await.content;
    let blocks: Value = serde_json::from_str(&raw).unwrap();
    let words = blocks[1]["text"].as_str().unwrap();
    assert_eq!(words, "first of two [[raw]]\n\nsecond of two");
    bot.stop().await;
}

#[tokio::test]
async fn pasted_words_that_claude_cannot_see_are_told() {
    let (discord, bot) = started(&json!({})).await;
    let (here, owner) = (discord.general(), discord.owner());
    for (content, why) in [
        ("x".repeat(300_000).into_bytes(), "longer than 98304 bytes"),
        (b"caf\xe9 au lait".to_vec(), "its text is not UTF-8"),
        (b"\xff\xfeh\0i\0".to_vec(), "its text is not UTF-8"),
    ] {
        let asked = discord.say_with_files(here, owner, "[[say got it]]", &[pasted(content)]);
        let told = bot.hears(&discord, asked, "`message.txt`").await;
        assert!(told.contains(why), "{told}");
        bot.hears(&discord, asked, "got it").await;
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_reply_that_points_elsewhere_reads_nothing_there() {
    let discord = Loopback::builder().start().await.unwrap();
    let hidden = discord.add_channel("hidden");
    let secret = discord.say(hidden, discord.stranger(), "the hidden words");
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let mark = discord.say(here, discord.bot(), "mark");
    let reference =
        json!({ "message_id": secret, "channel_id": hidden, "guild_id": discord.guild() });
    deliver(
        &discord,
        &json!({ "type": 19, "content": "[[raw]]", "message_reference": reference }),
    );
    let raw = bot.hears(&discord, mark, "Message from").await;
    assert!(!raw.contains("hidden words"), "{raw}");
    assert!(raw.contains("Reply to a message that"), "{raw}");
    let reads = discord.calls_to("GET /channels/*/messages/*");
    assert!(
        reads.iter().all(|call| call.channel() != Some(hidden)),
        "{reads:?}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn the_first_mention_in_a_thread_comes_with_its_starter() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (here, owner, me) = (discord.general(), discord.owner(), discord.bot());
    let starter = discord.say(here, discord.member(), "the build fails on main");
    let thread = discord.start_thread_from(starter, owner, "build");
    let asked = discord.say(thread, owner, &format!("<@{me}> fix this [[raw]]"));
    let first = heading(&bot, &discord, asked).await;
    assert!(
        first.contains("the build fails on main\" (data)."),
        "{first}"
    );
    // Its starter is gone: that blocks nothing.
    let starter = discord.say(here, discord.member(), "short-lived");
    let thread = discord.start_thread_from(starter, owner, "gone");
    discord.delete(starter);
    let asked = discord.say(thread, owner, &format!("<@{me}> fix this [[raw]]"));
    let first = heading(&bot, &discord, asked).await;
    assert!(!first.contains("short-lived"), "{first}");
    bot.stop().await;
}

#[tokio::test]
async fn every_message_that_waits_has_a_sign() {
    let (discord, bot) = started(&json!({})).await;
    let (here, owner) = (discord.general(), discord.owner());
    discord.say(here, owner, "[[hang]]");
    let waiting: Vec<Snowflake> = (0..3)
        .map(|number| discord.say(here, discord.member(), &format!("[[say {number}]]")))
        .collect();
    let marked = discord.wait_until(crate::support::DEADLINE, "three signs", |view| {
        waiting.iter().all(|message| {
            let reactions = view.message(*message).unwrap().reactions;
            reactions.iter().any(|it| it.emoji == "\u{23f3}")
        })
    });
    marked.await.unwrap();
    discord.say(here, owner, "!stop");
    for message in waiting {
        bot.reply(&discord, message).await;
    }
    bot.stop().await;
}
