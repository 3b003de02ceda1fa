//! Who is answered, and when.
//!
//! * With nothing listed the owner alone, or the team that owns the application.
//! * Lists of users, roles, channels and guilds open for those that they name.
//! * Bots and webhooks are answered only if they are listed, and not for ever; edits never are.
//! * Where only mentions are meant for the bot: mentions, replies to it, direct messages, and its commands.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Running, message_create, said};

/// Who is answered under these lists, by the names below; the owner always is.
async fn check(lists: impl FnOnce(&Loopback) -> Value, answered: &[&str]) {
    let discord = Loopback::builder().start().await.unwrap();
    let (elsewhere, far) = discord.add_guild("elsewhere", "far");
    let holder = discord.add_user("Helen");
    discord.give_role(holder, discord.role());
    let mut allow = json!({ "users": [], "roles": [], "channels": [], "guilds": [] });
    for (list, ids) in lists(&discord).as_object().unwrap() {
        allow[list] = ids.clone();
    }
    // The first is everyone by default.
    let bot = Bot::new(&discord).config(&json!({ "discord": { "allow": allow } }));
    let bot = bot.start(&discord).await;
    let (here, there) = (discord.general(), discord.channel("random"));
    let (member, stranger) = (discord.member(), discord.stranger());
    let asked = [
        ("member here", discord.say(here, member, "!model")),
        ("holder here", discord.say(here, holder, "!model")),
        ("stranger here", discord.say(here, stranger, "!model")),
        ("member there", discord.say(there, member, "!model")),
        ("stranger there", discord.say(there, stranger, "!model")),
        ("member directly", discord.say_directly(member, "!model")),
        (
            "stranger directly",
            discord.say_directly(stranger, "!model"),
        ),
    ];
    // The owner comes last in each, so that all before has been decided.
    for place in [here, there, far] {
        let owner = discord.say(place, discord.owner(), "!model");
        bot.reply(&discord, owner).await;
    }
    let direct = discord.say_directly(discord.owner(), "!model");
    bot.reply(&discord, direct).await;
    for (name, asked) in asked {
        if answered.contains(&name) {
            bot.reply(&discord, asked).await;
        } else {
            // They may read why.
            let mut replies = discord.look(|view| view.replies_to(asked)).into_iter();
            let is_answered = replies.any(|reply| !reply.content.starts_with("You're not on"));
            assert!(!is_answered, "{name} under {allow} of {elsewhere}");
        }
    }
    bot.stop().await;
}

#[tokio::test]
async fn with_nothing_listed_the_owner_alone_is_answered() {
    check(|_| json!({}), &[]).await;
}

#[tokio::test]
async fn listed_people_are_answered_everywhere() {
    check(
        |discord| json!({ "users": [discord.member().to_string()] }),
        &["member here", "member there", "member directly"],
    )
    .await;
    check(
        |discord| json!({ "roles": [discord.role().to_string()] }),
        &["member here", "holder here", "member there"],
    )
    .await;
}

#[tokio::test]
async fn everyone_is_answered_in_listed_places() {
    check(
        |discord| json!({ "channels": [discord.general().to_string()] }),
        &["member here", "holder here", "stranger here"],
    )
    .await;
    check(
        |discord| json!({ "guilds": [discord.guild().to_string()] }),
        &[
            "member here",
            "holder here",
            "stranger here",
            "member there",
            "stranger there",
        ],
    )
    .await;
}

#[tokio::test]
async fn lists_of_people_and_of_places_must_both_hold() {
    check(
        |discord| {
            let channels = [discord.general().to_string()];
            json!({ "users": [discord.member().to_string()], "channels": channels })
        },
        &["member here", "member directly"],
    )
    .await;
    check(
        |discord| json!({ "users": ["*"], "guilds": [(discord.guild().get() + 1).to_string()] }),
        &["member directly", "stranger directly"],
    )
    .await;
}

#[tokio::test]
async fn a_team_owns_the_application() {
    let builder = Loopback::builder().team(["Tess", "Theo"]);
    let discord = builder.start().await.unwrap();
    let nobody = json!({ "discord": { "allow": { "users": [] } } });
    let bot = Bot::new(&discord).config(&nobody).start(&discord).await;
    let here = discord.general();
    let outsider = discord.say(here, discord.owner(), "!model");
    for member in discord.team() {
        let asked = discord.say(here, *member, "!model opus");
        assert!(bot.reply(&discord, asked).await.content.contains("`opus`"));
    }
    assert!(discord.look(|view| view.replies_to(outsider)).is_empty());
}

#[tokio::test]
async fn bots_webhooks_and_reactions_are_not_answered() {
    let (discord, bot) = started("all").await;
    let here = discord.general();
    let gateway = discord.gateway();
    discord.say(here, discord.add_bot("Rival"), "[[say to a bot]]");
    let webhook = json!({ "content": "[[say to a webhook]]", "webhook_id": "7" });
    let webhook = message_create(&discord, here, discord.stranger(), &webhook);
    gateway.dispatch("MESSAGE_CREATE", &webhook);
    let joined = json!({ "content": "[[say to a joiner]]", "type": 7 });
    let joined = message_create(&discord, here, discord.stranger(), &joined);
    gateway.dispatch("MESSAGE_CREATE", &joined);
    let asked = discord.say(here, discord.owner(), "[[say once]]");
    bot.reply(&discord, asked).await;
    discord.react(asked, discord.owner(), "👍", true);
    let last = discord.say(here, discord.owner(), "[[context]]");
    bot.reply(&discord, last).await;
    assert_eq!(said(&discord, here), ["once", r#"["[[say once]]"]"#]);
}

#[tokio::test]
async fn listed_bots_are_answered_and_two_do_not_talk_for_ever() {
    let discord = Loopback::builder().start().await.unwrap();
    let (rival, other) = (discord.add_bot("Rival"), discord.add_bot("Other"));
    let allow = json!({ "users": ["*"], "bots": [rival.to_string()], "webhooks": ["7"] });
    let config = json!({ "discord": { "allow": allow }, "limits": { "bots_in_a_row": 3 } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    for _ in 0..1_000 {
        discord.say(here, other, "[[say to a stranger]]");
        discord.say(here, rival, "[[say to a rival]]");
    }
    let person = discord.say(here, discord.stranger(), "[[say to a person]]");
    bot.reply(&discord, person).await;
    let webhook = json!({
        "content": "[[say to a webhook]]", "webhook_id": "7",
        "author": { "id": "7", "username": "Hook", "discriminator": "0000", "avatar": null, "bot": true },
    });
    let webhook = message_create(&discord, here, discord.stranger(), &webhook);
    discord.gateway().dispatch("MESSAGE_CREATE", &webhook);
    let last = discord.say(here, discord.owner(), "[[say last]]");
    bot.reply(&discord, last).await;
    let rival = "to a rival";
    let expected = [rival, rival, rival, "to a person", "to a webhook", "last"];
    assert_eq!(said(&discord, here), expected);
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_is_no_admin() {
    let discord = Loopback::builder().start().await.unwrap();
    let rival = discord.add_bot("Rival").to_string();
    let config = json!({ "discord": { "allow": { "bots": [rival] }, "admins": [rival] } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let asked = discord.say(discord.general(), rival.parse().unwrap(), "!model opus");
    let answer = bot.reply(&discord, asked).await.content;
    assert_eq!(
        answer,
        "Only this bot's admins can change the model (`!model` shows it)."
    );
    bot.stop().await;
}

async fn started(respond: &str) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let own = json!({ discord.channel("rust").to_string(): { "respond": "all" } });
    let config = json!({ "discord": { "respond": respond }, "channels": own });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    (discord, bot)
}

#[tokio::test]
async fn where_mentions_are_meant_the_rest_is_passed_over() {
    let (discord, bot) = started("mention").await;
    let (here, member) = (discord.general(), discord.member());
    let me = discord.bot();
    let asks = |text: &str| format!("[[say {text}]]");
    discord.say(here, member, &asks("plain"));
    discord.say(
        here,
        member,
        &format!("<@{}> {}", discord.owner(), asks("another")),
    );
    discord.say(here, member, "!stauts");
    let plain = discord.say(here, discord.owner(), "not for the bot");
    discord.say_reply(plain, member, &asks("a reply to another"));
    let mut expected = Vec::new();
    for text in [
        format!("<@{me}> {}", asks("first")),
        format!("{} <@!{me}>", asks("last")),
    ] {
        let asked = discord.say(here, member, &text);
        let answer = bot.reply(&discord, asked).await;
        expected.push(answer.content.clone());
        let reply = discord.say_reply(answer.id, member, &asks("a reply"));
        expected.push(bot.reply(&discord, reply).await.content);
    }
    assert_eq!(expected, ["first", "a reply", "last", "a reply"]);
    let help = discord.say(here, member, "!help");
    expected.push(bot.reply(&discord, help).await.content);
    assert!(expected[4].contains("`!status`"));
    assert_eq!(said(&discord, here), expected);
    for place in [discord.dm(member), discord.channel("rust")] {
        let asked = discord.say(place, member, &asks("heard"));
        assert_eq!(bot.reply(&discord, asked).await.content, "heard");
    }
}

#[tokio::test]
async fn a_reply_without_a_ping_still_addresses_the_bot() {
    let (discord, bot) = started("mention").await;
    let (here, member) = (discord.general(), discord.member());
    let asked = discord.say(here, member, &format!("<@{}> [[say first]]", discord.bot()));
    let answer = bot.reply(&discord, asked).await;
    let more = reply_without_ping(&discord, answer.id);
    let reply = message_create(&discord, here, member, &more);
    discord.gateway().dispatch("MESSAGE_CREATE", &reply);
    let last = discord.say(here, member, &format!("<@{}> [[say last]]", discord.bot()));
    bot.reply(&discord, last).await;
    assert_eq!(said(&discord, here), ["first", "heard", "last"]);
}

/// A reply whose author took the ping off: the bot is not among its mentions.
fn reply_without_ping(discord: &Loopback, to: Snowflake) -> Value {
    let replied = discord.message(to).unwrap();
    let referenced = json!({ "content": replied.content, "id": to });
    let referenced = message_create(discord, replied.channel, replied.author, &referenced);
    json!({
        "content": "[[say heard]]",
        "type": 19,
        "message_reference": { "type": 0, "message_id": to, "channel_id": replied.channel },
        "referenced_message": referenced,
    })
}
