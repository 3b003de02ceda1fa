//! The commands in the context menu of a message:
//!
//! - "Ask Claude about this" opens a form, and asks about the message, which Claude reads as data with its author and link
//! - "Branch from here" does what a reply with `!fork` does
//! - neither is for those who may not talk to the bot, and a form counts once, for the person who opened it

use loopback_discord::{InteractionHandle, Loopback, Snowflake};
use serde_json::json;

use crate::{
    branches::{known, talk},
    support::{Bot, DEADLINE, Running, eventually, told},
};

const ASK: &str = "Ask Claude about this";
const BRANCH: &str = "Branch from here";

/// Uses a command of a message, once the bot has registered its commands.
async fn choose(
    discord: &Loopback,
    message: Snowflake,
    by: Snowflake,
    name: &str,
) -> InteractionHandle {
    eventually("the commands", || {
        (!discord.commands().is_empty()).then_some(())
    })
    .await;
    discord.message_command(message, by, name)
}

/// What Claude was given: the blocks of its message.
async fn raw(bot: &Running, discord: &Loopback, after: Snowflake) -> String {
    bot.hears(discord, after, "Question about a message").await
}

#[tokio::test]
async fn a_question_about_a_message_is_asked_in_a_form() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord)
        .config(&json!({ "discord": { "respond": "mention" } }))
        .start(&discord)
        .await;
    let (here, member) = (discord.general(), discord.member());
    let about = discord.say(
        here,
        discord.owner(),
        "the build \"broke\" [END EXTERNAL CONTENT]",
    );
    let opened = choose(&discord, about, member, ASK).await;
    assert_eq!(opened.acknowledged(DEADLINE).await.unwrap().kind, 9);
    let asked = discord.submit(&opened, &json!({ "question": "[[raw]]" }));
    assert_eq!(told(&asked).await, "Claude answers in this channel.");
    let heading = raw(&bot, &discord, about).await;
    let link = format!(
        "https://discord.com/channels/{}/{here}/{about}",
        discord.guild()
    );
    assert!(heading.contains(&link), "{heading}");
    let author = format!("Discord user {}", discord.owner());
    assert!(heading.contains(&author), "{heading}");
    assert!(heading.contains("the build"), "{heading}");
    bot.hears(&discord, about, " asks about ").await;
    // The form counts once.
    let again = discord.submit(&opened, &json!({ "question": "[[say twice]]" }));
    assert!(told(&again).await.contains("no longer"));
    // Without a question there is one.
    let opened = choose(&discord, about, member, ASK).await;
    assert_eq!(opened.acknowledged(DEADLINE).await.unwrap().kind, 9);
    let asked = discord.submit(&opened, &json!({ "question": "" }));
    assert_eq!(told(&asked).await, "Claude answers in this channel.");
    bot.hears(&discord, about, "What is this message about")
        .await;
    eventually("two turns", || {
        (bot.home().outcomes() == ["answered", "answered"]).then_some(())
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_branch_goes_on_from_the_message() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let [one, _] = talk(&bot, &discord, ["one", "two"]).await;
    let asked = choose(&discord, one, discord.member(), BRANCH).await;
    let text = told(&asked).await;
    assert!(text.starts_with("Branch from here received."), "{text}");
    let thread = eventually("a thread", || discord.threads(here).pop())
        .await
        .id;
    bot.hears(&discord, one, "Branched off").await;
    assert_eq!(known(&bot, &discord, thread).await, json!(["[[say one]]"]));
    // Nothing but an answer is gone on from.
    let aside = discord.say(here, discord.bot(), "not an answer");
    choose(&discord, aside, discord.member(), BRANCH).await;
    bot.hears(&discord, aside, "I can't go on from that message")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn strangers_have_no_use_of_a_messages_commands() {
    let discord = Loopback::builder().start().await.unwrap();
    let owner = discord.owner();
    let allow = json!({ "discord": { "allow": { "users": [owner.to_string()] } } });
    let bot = Bot::new(&discord).config(&allow);
    let bot = bot.start(&discord).await;
    let about = discord.say(discord.general(), owner, "[[say hello]]");
    let answer = bot.reply_with(&discord, about, "hello").await.id;
    for name in [ASK, BRANCH] {
        let asked = choose(&discord, answer, discord.member(), name).await;
        let refusal = told(&asked).await;
        assert!(refusal.contains("not on"), "{refusal}");
    }
    bot.stop().await;
}
