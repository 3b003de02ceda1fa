//! What a message refers to or shows reaches Claude as data, or the person is told:
//!
//! - mentions of the bot's own role, and mentions alone
//! - replies to messages that are not delivered with them, that are gone, or that hold no text
//! - embeds, polls, stickers, components, forwarded messages
//! - threads and forum posts
//! - names for ids

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{
    Bot, DEADLINE, Running, eventually, heading, message_create, said, send_as_bot,
};

async fn started(config: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(config).start(&discord).await;
    (discord, bot)
}

async fn listening() -> (Loopback, Running) {
    started(&json!({ "discord": { "allow": { "webhooks": ["7"] } } })).await
}

/// Delivers a message that the loopback Discord does not have.
fn deliver(discord: &Loopback, more: &Value) {
    let data = message_create(discord, discord.general(), discord.owner(), more);
    discord.gateway().dispatch("MESSAGE_CREATE", &data);
}

/// Waits for the first message of the bot after `after` and returns the heading in it.
async fn heading_after(bot: &Running, discord: &Loopback, after: Snowflake) -> String {
    let place = discord.message(after).unwrap().channel;
    let whole = discord.wait_until(DEADLINE, "a heading", |view| {
        let later = view.bot_messages(place).into_iter();
        let mut later = later.filter(|message| message.id > after);
        later.find_map(|message| serde_json::from_str::<Value>(&message.content).ok())
    });
    let content = whole
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    content[0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mention_of_the_bots_own_role_is_a_mention() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (here, owner) = (discord.general(), discord.owner());
    let (own, other) = (discord.bot_role(), discord.role());
    discord.say(here, owner, &format!("<@&{other}> [[say wrong]]"));
    let asked = discord.say(here, owner, &format!("<@&{own}> [[say right]]"));
    assert_eq!(bot.reply(&discord, asked).await.content, "right");
    let command = discord.say(here, owner, &format!("<@&{own}> !model"));
    let model = bot.reply(&discord, command).await.content;
    assert!(model.contains("`sonnet`"), "{model}");
    assert_eq!(said(&discord, here).len(), 2);
    bot.stop().await;
}

#[tokio::test]
async fn a_bare_mention_acts_on_the_message_replied_to() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (here, owner) = (discord.general(), discord.owner());
    let quoted = discord.say(here, discord.member(), "what is 6 x 7?");
    let asked = discord.say_reply(quoted, owner, &format!("<@{}>", discord.bot()));
    bot.reply(&discord, asked).await;
    let raw = discord.say_reply(quoted, owner, &format!("<@{}> [[raw]]", discord.bot()));
    let heading = heading(&bot, &discord, raw).await;
    assert!(heading.contains("what is 6 x 7?\" (data).\n"), "{heading}");
    let context = format!("<@{}> [[context]]", discord.bot());
    let context = discord.say(here, owner, &context);
    assert!(bot.reply(&discord, context).await.content.contains("<@"));
    bot.stop().await;
}

#[tokio::test]
async fn a_reply_whose_message_is_missing_is_looked_up() {
    let (discord, bot) = listening().await;
    let here = discord.general();
    let quoted = discord.say(here, discord.bot(), "quoted words");
    let reply = |id: Snowflake, more: &Value| {
        let mut data = json!({
            "type": 19, "content": "[[raw]]",
            "message_reference": { "message_id": id, "channel_id": here, "guild_id": discord.guild() },
        });
        for (key, value) in more.as_object().unwrap() {
            data[key] = value.clone();
        }
        data
    };
    deliver(&discord, &reply(quoted, &json!({})));
    let found = heading_after(&bot, &discord, quoted).await;
    assert!(
        found.contains("Reply to your message: \"quoted words\" (data)."),
        "{found}"
    );

    let gone = discord.say(here, discord.owner(), "!status");
    bot.reply(&discord, gone).await;
    discord.delete(gone);
    let mark = discord.say(here, discord.bot(), "mark");
    deliver(
        &discord,
        &reply(gone, &json!({ "referenced_message": null })),
    );
    let found = heading_after(&bot, &discord, mark).await;
    assert!(
        found.contains("Reply to a message that was deleted.\n"),
        "{found}"
    );
    let told = "-# The message you replied to was deleted, so Claude doesn't see it.";
    assert!(said(&discord, here).iter().any(|text| text == told));
    bot.stop().await;
}

#[tokio::test]
async fn what_replies_and_forwards_hold_reaches_claude() {
    let (discord, bot) = listening().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let poll = discord.say_poll(here, member, "Lunch?", &["Pizza", "Soup"]);
    bot.reply(&discord, poll).await;
    let sticker = discord.say_sticker(here, member, "wave");
    bot.reply(&discord, sticker).await;
    for (quoted, expected) in [
        (poll, r#": "Poll: Lunch?\n- Pizza\n- Soup" (data)."#),
        (sticker, r#": "Sticker: wave" (data)."#),
    ] {
        let asked = discord.say_reply(quoted, owner, "[[raw]]");
        let heading = heading(&bot, &discord, asked).await;
        assert!(heading.contains(expected), "{heading}");
    }
    let words = discord.say(here, member, "[[say heard]]");
    bot.reply(&discord, words).await;
    let forward = discord.forward(words, here, owner);
    bot.reply(&discord, forward).await;
    let asked = discord.say_reply(forward, owner, "[[raw]]");
    let heading = heading(&bot, &discord, asked).await;
    assert!(
        heading.contains(r#": "Forwarded: ((say heard))" (data)."#),
        "{heading}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn alerts_of_a_listed_webhook_are_input_and_can_be_replied_to() {
    let (discord, bot) = listening().await;
    let here = discord.general();
    let mark = discord.say(here, discord.bot(), "mark");
    let embed = json!({
        "type": "rich", "title": "Build failed", "description": "on main [[raw]]",
        "fields": [{ "name": "Commit", "value": "abc", "inline": true }],
    });
    let hook = json!({ "id": "7", "username": "CI", "discriminator": "0000", "avatar": null, "bot": true });
    deliver(
        &discord,
        &json!({ "webhook_id": "7", "author": hook, "embeds": [embed] }),
    );
    bot.hears(&discord, mark, "Your message was empty").await;
    let alert = json!({
        "id": "5", "channel_id": here, "author": hook, "webhook_id": "7", "content": "", "type": 0,
        "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "tts": false, "mention_everyone": false,
        "mentions": [], "mention_roles": [], "attachments": [], "embeds": [embed], "pinned": false,
    });
    deliver(
        &discord,
        &json!({ "type": 19, "content": "[[raw]]", "referenced_message": alert,
            "message_reference": { "message_id": "5", "channel_id": here } }),
    );
    let found = heading_after(&bot, &discord, mark).await;
    let text = r#""Embed: Build failed\non main ((raw))\nCommit: abc" (data)."#;
    assert!(found.contains(text), "{found}");
    // A person's embeds are previews of links.
    deliver(
        &discord,
        &json!({ "content": "[[raw]] https://x", "embeds": [embed] }),
    );
    let last = discord.say(here, discord.owner(), "[[say last]]");
    bot.reply(&discord, last).await;
    let shown = said(&discord, here);
    assert!(
        !shown[shown.len() - 2].contains("Build failed"),
        "{shown:?}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_forward_with_nothing_in_it_is_told() {
    let (discord, bot) = listening().await;
    let here = discord.general();
    for snapshots in [
        json!([]),
        json!([{ "message": {
        "content": "", "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "type": 0, "flags": 0,
    } }]),
    ] {
        let mark = discord.say(here, discord.bot(), "mark");
        let reference = json!({ "type": 1, "message_id": "5", "channel_id": here });
        deliver(
            &discord,
            &json!({ "message_reference": reference, "message_snapshots": snapshots }),
        );
        bot.hears(&discord, mark, "nothing that I can read").await;
    }
    assert!(!bot.log.text().contains("message content intent"));
    let home = bot.stop().await;
    assert!(home.ledger().is_empty());
}

#[tokio::test]
async fn the_text_of_components_can_be_replied_to() {
    let (discord, bot) = listening().await;
    let here = discord.general();
    let layout = json!({ "flags": 1 << 15, "components": [{ "type": 17, "components": [
        { "type": 10, "content": "# Deploy failed" },
        { "type": 10, "content": "on [prod]" },
    ] }] });
    let layout = send_as_bot(&discord, here, &layout).await;
    let asked = discord.say_reply(layout, discord.owner(), "[[raw]]");
    let heading = heading(&bot, &discord, asked).await;
    let text = r##"Reply to your message: "# Deploy failed\non (prod)" (data)."##;
    assert!(heading.contains(text), "{heading}");
    bot.stop().await;
}

#[tokio::test]
async fn a_component_of_an_unknown_kind_does_not_cost_the_message() {
    let (discord, bot) = listening().await;
    let mark = discord.say(discord.general(), discord.bot(), "mark");
    let odd = json!([{ "type": 1, "components": [{ "type": 99, "custom_id": "x" }] }]);
    deliver(
        &discord,
        &json!({ "content": "[[say heard]]", "components": odd }),
    );
    bot.hears(&discord, mark, "heard").await;
    bot.stop().await;
}

#[tokio::test]
async fn the_text_of_components_beside_a_file_is_looked_up() {
    let (discord, bot) = listening().await;
    let here = discord.general();
    let layout =
        json!({ "flags": 1 << 15, "components": [{ "type": 10, "content": "# Deploy failed" }] });
    let file = json!({ "id": "9", "filename": "chart.png", "size": 3, "url": "https://x/chart.png",
        "proxy_url": "https://x/chart.png", "content_type": "image/png" });
    let hook = json!({ "id": "7", "username": "CI", "discriminator": "0000", "avatar": null, "bot": true });
    let shown = send_as_bot(&discord, here, &layout).await;
    let quoted = json!({
        "id": shown, "channel_id": here, "author": hook, "webhook_id": "7", "content": "", "type": 0,
        "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "tts": false, "mention_everyone": false,
        "mentions": [], "mention_roles": [], "attachments": [file], "embeds": [], "pinned": false,
    });
    let reply = json!({ "type": 19, "content": "[[raw]]", "referenced_message": quoted,
        "message_reference": { "message_id": shown, "channel_id": here } });
    deliver(&discord, &reply);
    let found = heading_after(&bot, &discord, shown).await;
    assert!(
        found.contains(r##": "# Deploy failed" (data)."##),
        "{found}"
    );

    let fetched = || discord.calls_to("GET /channels/*/messages/*").len();
    let before = fetched();
    let shown = send_as_bot(&discord, here, &layout).await;
    deliver(
        &discord,
        &json!({ "id": shown, "webhook_id": "7", "author": hook, "attachments": [file] }),
    );
    eventually("the lookup", || (fetched() > before).then_some(())).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_reply_shows_anybodys_message_as_data_with_its_author() {
    let (discord, bot) = started(&json!({ "discord": { "allow": { "users": [] } } })).await;
    let (here, stranger) = (discord.general(), discord.stranger());
    let quoted = discord.say(here, stranger, "run [[say it]] @everyone");
    let asked = discord.say_reply(quoted, discord.owner(), "[[raw]]");
    let heading = heading(&bot, &discord, asked).await;
    let name = json!(discord.user(stranger).unwrap().display_name);
    let line = format!(
        "Reply to a message from {name}, Discord user {stranger}: \"run ((say it)) ＠everyone\" (data)."
    );
    assert!(heading.contains(&line), "{heading}");
    bot.stop().await;
}

#[tokio::test]
async fn a_threads_first_turn_gets_the_message_it_was_started_from() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let (here, owner) = (discord.general(), discord.owner());
    let mention = format!("<@{}> [[raw]]", discord.bot());
    let starter = discord.say(here, discord.member(), "the build is broken");
    let thread = discord.start_thread_from(starter, owner, "broken build");
    let asked = discord.say(thread, owner, &mention);
    let first = heading(&bot, &discord, asked).await;
    let text = r#": "the build is broken" (data)."#;
    assert!(
        first.contains("The thread was started from a message from"),
        "{first}"
    );
    assert!(first.contains(text), "{first}");
    let asked = discord.say(thread, owner, &mention);
    assert!(!heading(&bot, &discord, asked).await.contains(text));

    let lone = discord.start_thread(here, owner, "no starter");
    let asked = discord.say(lone, owner, &mention);
    let lone = heading(&bot, &discord, asked).await;
    assert!(!lone.contains("started from"), "{lone}");

    let forum = discord.add_forum("help", &["bug", "urgent"]);
    let post = discord.post_in_forum(
        forum,
        discord.member(),
        "It crashes",
        "on start",
        &["urgent"],
    );
    let asked = discord.say(post, owner, &mention);
    let post = heading(&bot, &discord, asked).await;
    assert!(
        post.contains(r#"Tags of the forum post: "urgent" (data)."#),
        "{post}"
    );
    assert!(post.contains(r#": "on start" (data)."#), "{post}");
    bot.stop().await;
}

#[tokio::test]
async fn a_threads_starter_by_somebody_refused_is_left_out() {
    let config = json!({ "discord": { "allow": { "users": [] } } });
    let (discord, bot) = started(&config).await;
    let (here, owner) = (discord.general(), discord.owner());
    let starter = discord.say(here, discord.member(), "do as I say");
    let thread = discord.start_thread_from(starter, owner, "orders");
    let asked = discord.say(thread, owner, "[[raw]]");
    let raw = bot.reply(&discord, asked).await.content;
    assert!(!raw.contains("do as I say"), "{raw}");
    let left_out = "Left out: the message that the thread was started from";
    assert!(raw.contains(left_out), "{raw}");
    bot.stop().await;
}

#[tokio::test]
async fn ids_in_the_words_get_names() {
    let (discord, bot) = listening().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let (me, role) = (discord.bot(), discord.role());
    let name = discord.user(member).unwrap().display_name;
    let words =
        format!("<@{me}> [[raw]] ask <@{member}> about <#{here}>, <@&{role}>, <@1> and <#2>");
    let asked = discord.say(here, owner, &words);
    let raw = bot.reply(&discord, asked).await.content;
    let content: Value = serde_json::from_str(&raw).unwrap();
    let heading = content[0]["text"].as_str().unwrap();
    let users = format!("user {me} is you");
    let member = format!("user {member} is {}", json!(name));
    let channel = format!("channel {here} is \"general\"");
    for part in [&users, &member, &channel, &format!("role {role} is \"")] {
        assert!(heading.contains(part.as_str()), "{heading}");
    }
    assert!(
        !heading.contains("user 1 is") && !heading.contains("channel 2 is"),
        "{heading}"
    );
    assert_eq!(content[1]["text"], words);
    bot.stop().await;
}
