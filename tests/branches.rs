//! Continuing from an answer:
//!
//! - `!fork`, as a reply, opens a thread that has the conversation up to that answer and works in the channel's folder
//! - `!rewind`, as a reply, takes the channel back to it; what came after it can be resumed
//! - both also after a restart, of answers in an earlier session, and never from anything but an answer

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, eventually};

async fn start(discord: &Loopback, home: Option<&Home>) -> Running {
    let bot = Bot::new(discord);
    let bot = match home {
        Some(home) => bot.home(home),
        None => bot,
    };
    bot.start(discord).await
}

/// A bot that has answered the owner with each of these words; returns its answers.
pub(crate) async fn talk<const N: usize>(
    bot: &Running,
    discord: &Loopback,
    words: [&str; N],
) -> [Snowflake; N] {
    let mut answers = [discord.general(); N];
    for (answer, word) in answers.iter_mut().zip(words) {
        let asked = discord.say(
            discord.general(),
            discord.owner(),
            &format!("[[say {word}]]"),
        );
        *answer = bot.reply_with(discord, asked, word).await.id;
    }
    answers
}

/// What Claude knows in a channel of the conversation.
pub(crate) async fn known(bot: &Running, discord: &Loopback, channel: Snowflake) -> Value {
    let asked = discord.say(channel, discord.owner(), "[[context]]");
    let said = bot.reply_with(discord, asked, "[").await.content;
    serde_json::from_str(&said).unwrap()
}

/// Replies to a message with a command, and waits for what the bot says to it.
pub(crate) async fn reply(
    bot: &Running,
    discord: &Loopback,
    (to, by): (Snowflake, Snowflake),
    command: &str,
) -> String {
    let asked = discord.say_reply(to, by, command);
    bot.reply(discord, asked).await.content
}

/// Forks from a message as a member. Waits until the thread has begun.
pub(crate) async fn fork(bot: &Running, discord: &Loopback, from: Snowflake) -> Snowflake {
    let said = reply(bot, discord, (from, discord.member()), "!fork").await;
    assert!(said.starts_with("Branched off: <#"), "{said}");
    let thread = said.split(['#', '>']).nth(1).unwrap().parse().unwrap();
    begun(discord, thread).await;
    thread
}

async fn begun(discord: &Loopback, thread: Snowflake) {
    eventually("the thread's beginning", || {
        let said = discord.bot_messages(thread);
        let is_it = |text: &str| text.contains("This thread has the conversation");
        said.iter()
            .any(|message| is_it(&message.content))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_fork_ends_at_the_answer() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let here = discord.general();
    let [one, two, _] = talk(&bot, &discord, ["one", "two", "three"]).await;
    let thread = fork(&bot, &discord, two).await;
    assert_eq!(
        discord.channel_by_id(thread).unwrap().name,
        "Branch: ((say one))"
    );
    eventually("the one who asked to join the thread", || {
        let thread = discord.channel_by_id(thread)?.thread?;
        thread.members.contains(&discord.member()).then_some(())
    })
    .await;
    assert_eq!(
        known(&bot, &discord, thread).await,
        json!(["[[say one]]", "[[say two]]"])
    );
    // Two threads from one message, and one from the thread's own answer.
    let other = fork(&bot, &discord, one).await;
    let second = fork(&bot, &discord, two).await;
    assert_eq!(known(&bot, &discord, other).await, json!(["[[say one]]"]));
    assert_ne!(thread, second);
    let asked = discord.say(thread, discord.owner(), "[[say deep]]");
    let deep = bot.reply_with(&discord, asked, "deep").await.id;
    let deeper = fork(&bot, &discord, deep).await;
    let expected = json!(["[[say one]]", "[[say two]]", "[[context]]", "[[say deep]]"]);
    assert_eq!(known(&bot, &discord, deeper).await, expected);
    // Nothing has changed in the channel.
    let expected = json!(["[[say one]]", "[[say two]]", "[[say three]]"]);
    assert_eq!(known(&bot, &discord, here).await, expected);
    let home = bot.kill().await;
    // All work in the channel's folder, also after a restart.
    let bot = start(&discord, Some(&home)).await;
    let expected = json!(["[[say one]]", "[[say two]]", "[[context]]", "[[say deep]]"]);
    assert_eq!(known(&bot, &discord, thread).await, expected);
    let workspaces = home.path().join("workspaces");
    assert!(workspaces.join(here.to_string()).exists());
    assert!(!workspaces.join(thread.to_string()).exists());
    bot.stop().await;
}

#[tokio::test]
async fn a_rewound_conversation_goes_on_from_the_answer() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let (here, owner) = (discord.general(), discord.owner());
    let [_, two, _] = talk(&bot, &discord, ["one", "two", "three"]).await;
    let refused = reply(&bot, &discord, (two, discord.member()), "!rewind").await;
    assert!(refused.contains("Only this bot's admins"), "{refused}");
    let home = bot.stop().await;
    let bot = start(&discord, Some(&home)).await;
    for _ in 0..2 {
        let said = reply(&bot, &discord, (two, owner), "!rewind").await;
        assert!(
            said.starts_with("The conversation goes on from that answer."),
            "{said}"
        );
        let expected = json!(["[[say one]]", "[[say two]]"]);
        assert_eq!(known(&bot, &discord, here).await, expected);
    }
    let record = home.active()[here.to_string()].clone();
    assert_eq!(record["earlier"].as_array().unwrap().len(), 2, "{record}");
    bot.stop().await;
}

#[tokio::test]
async fn an_answer_of_an_earlier_session_is_gone_on_from() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let [one, _] = talk(&bot, &discord, ["one", "two"]).await;
    bot.ask(&discord, discord.general(), "!clear", "Cleared")
        .await;
    let thread = fork(&bot, &discord, one).await;
    assert_eq!(known(&bot, &discord, thread).await, json!(["[[say one]]"]));
    bot.stop().await;
}

#[tokio::test]
async fn nothing_but_an_answer_is_gone_on_from() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let (here, owner) = (discord.general(), discord.owner());
    let none = bot.ask(&discord, here, "!fork", "no answer here").await;
    assert!(none.contains("`!fork`"));
    bot.ask(&discord, here, "!rewind", "Reply to one of my answers")
        .await;
    let aside = discord.say(here, discord.bot(), "not an answer");
    for command in ["!fork", "!rewind"] {
        let said = reply(&bot, &discord, (aside, owner), command).await;
        assert!(
            said.starts_with("I can't go on from that message"),
            "{said}"
        );
    }
    let asked = discord.say_directly(owner, "[[say hello]]");
    let answer = bot.reply_with(&discord, asked, "hello").await.id;
    let said = reply(&bot, &discord, (answer, owner), "!fork").await;
    assert!(said.contains("no threads in direct messages"), "{said}");
    assert!(discord.threads(here).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn a_fork_without_a_reply_is_from_the_end() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let (here, owner) = (discord.general(), discord.owner());
    talk(&bot, &discord, ["one", "two"]).await;
    let who = (here, owner);
    let asked = bot.slash(&discord, who, "fork", &Value::Null).await;
    asked.acknowledged(DEADLINE).await.unwrap();
    let thread = eventually("a thread", || discord.threads(here).pop())
        .await
        .id;
    begun(&discord, thread).await;
    assert_eq!(
        known(&bot, &discord, thread).await,
        json!(["[[say one]]", "[[say two]]"])
    );
    bot.stop().await;
}
