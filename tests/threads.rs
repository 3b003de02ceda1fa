//! Threads:
//!
//! - what is set and granted in a channel holds in its threads, also what is changed later
//! - `discord.threads` says whether a new thread begins with the channel's conversation
//! - a branch whose thread the bot did not live to give a record begins with its conversation anyway

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::{Value, json};

use crate::{
    approvals::{decide, ran, run, started, touch},
    branches::{known, talk},
    support::{Bot, eventually, said},
};

#[tokio::test]
async fn what_is_set_and_granted_in_a_channel_holds_in_its_threads() {
    let (discord, bot) = started(&json!({})).await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = touch(&discord);
    decide(&discord, "Always here").await;
    ran(&bot, &discord, asked).await;
    bot.ask(&discord, here, "!model haiku", "haiku").await;
    let thread = discord.add_thread(here, "thread");
    let unasked = discord.say(thread, owner, &run("touch made"));
    ran(&bot, &discord, unasked).await;
    let model = bot.ask(&discord, thread, "!model", "model").await;
    assert!(model.contains("`haiku`"), "{model}");
    let rules = bot.ask(&discord, thread, "!tools", "unasked").await;
    assert!(
        rules.contains("`Bash(touch made)` · in this thread's channel"),
        "{rules}"
    );
    // Also what changes while the thread is active.
    bot.ask(&discord, here, "!model opus", "opus").await;
    bot.ask(&discord, here, "!mode plan", "plan").await;
    bot.ask(&discord, thread, "!model", "`opus`").await;
    bot.ask(&discord, thread, "!mode", "plan").await;
    bot.ask(&discord, here, "!mode default", "default").await;
    bot.ask(
        &discord,
        here,
        "!tools revoke Bash(touch made)",
        "Revoked: `Bash(touch made)`",
    )
    .await;
    eventually("the thread to be told", || {
        let said = said(&discord, thread);
        said.iter()
            .any(|text| text.starts_with("Revoked: `Bash(touch made)`"))
            .then_some(())
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_new_thread_begins_with_the_channels_conversation_if_so_configured() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "threads": "fork" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    // One without a conversation in its channel is empty.
    let early = discord.add_thread(here, "early");
    assert_eq!(known(&bot, &discord, early).await, json!([]));
    talk(&bot, &discord, ["one", "two"]).await;
    let thread = discord.add_thread(here, "thread");
    let both = json!(["[[say one]]", "[[say two]]"]);
    assert_eq!(known(&bot, &discord, thread).await, both);
    assert!(said(&discord, thread)[0].contains("begins with the conversation so far"));
    // It is taken over once: a cleared thread is empty, an active one goes on by itself.
    bot.ask(&discord, thread, "!clear", "Cleared").await;
    assert_eq!(known(&bot, &discord, thread).await, json!([]));
    let known_here = json!(["[[say one]]", "[[say two]]"]);
    assert_eq!(known(&bot, &discord, here).await, known_here);
    let home = bot.stop().await;
    let workspaces = home.path().join("workspaces");
    assert!(workspaces.join(early.to_string()).exists());
    assert!(!workspaces.join(thread.to_string()).exists());
}

#[tokio::test]
async fn a_thread_is_empty_by_default() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    talk(&bot, &discord, ["one"]).await;
    let thread = discord.add_thread(discord.general(), "thread");
    assert_eq!(known(&bot, &discord, thread).await, json!([]));
    bot.stop().await;
}

/// Has the bot killed when the thread for a branch exists, before it knows of that.
async fn killed_in_a_fork(from: impl Fn([Snowflake; 2]) -> Option<Snowflake>) -> Value {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let answers = talk(&bot, &discord, ["one", "two"]).await;
    discord.inject(Fault::lost_answer("POST /channels/**/threads"));
    match from(answers) {
        Some(answer) => discord.say_reply(answer, discord.owner(), "!fork"),
        None => discord.say(here, discord.owner(), "!fork"),
    };
    let thread = eventually("a thread", || discord.threads(here).pop())
        .await
        .id;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let known = known(&bot, &discord, thread).await;
    bot.stop().await;
    known
}

#[tokio::test]
async fn a_branch_survives_a_bot_that_is_killed_before_its_first_turn() {
    let both = json!(["[[say one]]", "[[say two]]"]);
    assert_eq!(
        killed_in_a_fork(|[one, _]| Some(one)).await,
        json!(["[[say one]]"])
    );
    assert_eq!(killed_in_a_fork(|_| None).await, both);
}
