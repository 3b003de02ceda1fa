//! What people send reaches the API, wherever in a message it stands:
//!
//! - a mention of the bot's own role is one, that of another role none
//! - a thread's first message comes with the message that the thread was started from, if that is still there
//! - embeds, polls, forwarded messages and components are data, in a message and in one that is replied to

use loopback_messages::{Answer, Request};
use serde_json::{Value, json};

use super::world::World;
use crate::support::{message_create, said, send_as_bot};

on_both_versions!(
    a_threads_first_mention_comes_with_its_starter,
    what_a_message_shows_or_refers_to_is_data,
);

/// All that was sent last, as the API reads it.
fn last_sent(world: &World) -> (Request, String) {
    let request = world.messages.requests().pop().unwrap();
    let sent = request.last_user_blocks().join("\n");
    (request, sent)
}

async fn a_threads_first_mention_comes_with_its_starter(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let config = json!({ "discord": { "respond": "mention" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let discord = &world.discord;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let (own, other) = (discord.bot_role(), discord.role());

    let starter = discord.say(here, member, "the build fails on main");
    let thread = discord.start_thread_from(starter, owner, "build");
    discord.say(thread, owner, &format!("<@&{other}> have a look"));
    let all = ["fix this", "and that"].map(|words| format!("<@&{own}> {words}"));
    for (number, words) in all.iter().enumerate() {
        let asked = discord.say(thread, owner, words);
        assert_eq!(bot.reply(discord, asked).await.content, "heard");
        let (request, sent) = last_sent(&world);
        assert_eq!(request.said(), all[..=number]);
        let has_starter = sent.contains("started from a message from")
            && sent.contains("the build fails on main\" (data).");
        assert_eq!(has_starter, number == 0, "{sent}");
    }
    assert_eq!(said(discord, thread), ["heard", "heard"]);

    let starter = discord.say(here, member, "short-lived");
    let thread = discord.start_thread_from(starter, owner, "gone");
    discord.delete(starter);
    let asked = discord.say(thread, owner, &all[0]);
    assert_eq!(bot.reply(discord, asked).await.content, "heard");
    let (request, sent) = last_sent(&world);
    assert_eq!(request.said(), [&*all[0]]);
    assert!(!sent.contains("short-lived"), "{sent}");
    assert_eq!(said(discord, here), [""; 0]);
    world.stop(bot).await;
    assert_eq!(world.messages.requests().len(), 3);
}

async fn what_a_message_shows_or_refers_to_is_data(version: &'static str) {
    let world = World::new(version).await;
    let heard = |request: &Request| Answer::text(format!("heard {}", request.index));
    world.messages.set_default(heard);
    let config = json!({ "discord": { "allow": { "webhooks": ["7"] } } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let (discord, me) = (&world.discord, world.discord.bot());
    let (here, owner) = (discord.general(), discord.owner());
    let deliver = |more: &Value| {
        let data = message_create(discord, here, owner, more);
        discord.gateway().dispatch("MESSAGE_CREATE", &data);
    };

    let mark = discord.say(here, me, "mark");
    let embed = json!({
        "type": "rich", "title": "Build failed", "description": "on main",
        "fields": [{ "name": "Commit", "value": "abc", "inline": true }],
    });
    let hook = json!({ "id": "7", "username": "CI", "discriminator": "0000", "avatar": null, "bot": true });
    let mut alert = json!({ "webhook_id": "7", "author": hook, "embeds": [embed] });
    deliver(&alert);
    bot.hears_whole(discord, mark, "heard 0").await;
    let shown = r#""Embed: Build failed\non main\nCommit: abc" (data)."#;
    let (_, sent) = last_sent(&world);
    assert!(sent.contains(shown), "{sent}");

    alert["id"] = "5".into();
    let alert = message_create(discord, here, owner, &alert);
    deliver(&json!({
        "type": 19, "content": "is it bad?", "referenced_message": alert,
        "message_reference": { "message_id": "5", "channel_id": here },
    }));
    bot.hears_whole(discord, mark, "heard 1").await;
    let (request, sent) = last_sent(&world);
    assert_eq!(request.person(), "is it bad?");
    assert!(sent.contains(shown), "{sent}");

    let layout = json!({ "flags": 1 << 15, "components": [
        { "type": 17, "components": [{ "type": 10, "content": "# Deploy failed" }] },
    ] });
    let original = discord.say(discord.channel("rust"), me, "remember the milk");
    for (quoted, shown) in [
        (
            discord.say_poll(here, me, "Lunch?", &["Pizza", "Soup"]),
            r#""Poll: Lunch?\n- Pizza\n- Soup" (data)."#,
        ),
        (
            discord.forward(original, here, me),
            r#""Forwarded: remember the milk" (data)."#,
        ),
        (
            send_as_bot(discord, here, &layout).await,
            r##""# Deploy failed" (data)."##,
        ),
    ] {
        let words = format!("what is {quoted}?");
        let asked = discord.say_reply(quoted, owner, &words);
        let answer = bot.reply(discord, asked).await.content;
        let (request, sent) = last_sent(&world);
        assert_eq!(answer, format!("heard {}", request.index));
        assert_eq!(request.person(), words);
        assert!(
            sent.contains(&format!("Reply to your message: {shown}")),
            "{sent}"
        );
    }

    let before = world.messages.requests().len();
    let mark = discord.say(here, me, "mark");
    let reference = json!({ "type": 1, "message_id": "5", "channel_id": here });
    deliver(&json!({ "message_reference": reference, "message_snapshots": [] }));
    bot.hears(discord, mark, "nothing that I can read").await;
    assert!(!bot.log.text().contains("message content intent"));
    world.stop(bot).await;
    assert_eq!(world.messages.requests().len(), before);
}
