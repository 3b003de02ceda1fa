//! Granted rules are taken back by a tap, and the turn that still has one is ended by another.

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::json;

use crate::{
    approvals::{cards, decide, press, ran, run, started, touch},
    branches::fork,
    support::{DEADLINE, Running, buttons, eventually, told},
};

/// Grants `touch made` for good.
async fn granted() -> (Loopback, Running) {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    decide(&discord, "Always here").await;
    ran(&bot, &discord, asked).await;
    (discord, bot)
}

/// Waits for the newest post that has this button.
async fn with_button(discord: &Loopback, label: &str) -> Message {
    eventually(label, || {
        let has_it = |message: &Message| buttons(message).iter().any(|(_, found)| found == label);
        discord
            .bot_messages(discord.general())
            .into_iter()
            .rfind(has_it)
    })
    .await
}

async fn without_buttons(discord: &Loopback, post: Snowflake) {
    eventually("the buttons to go", || {
        let post = discord.message(post).unwrap();
        post.components.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_list_of_rules_takes_one_back_by_a_tap() {
    let (discord, bot) = granted().await;
    let here = discord.general();
    discord.say(here, discord.member(), "!tools");
    let label = "Revoke Bash(touch made)";
    let list = with_button(&discord, label).await;
    let by_member = press(&discord, &list, label, discord.member());
    let refusal = told(&by_member).await;
    assert!(refusal.starts_with("Only this bot's approvers and admins"));
    // Pressed twice, it counts once.
    let presses = [0, 1].map(|_| press(&discord, &list, label, discord.owner()));
    let mut kinds = Vec::new();
    for pressed in &presses {
        kinds.push(pressed.acknowledged(DEADLINE).await.unwrap().kind);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [4, 6]);
    without_buttons(&discord, list.id).await;
    bot.hears(&discord, list.id, "Revoked by ").await;
    let again = touch(&discord);
    decide(&discord, "Deny").await;
    bot.hears_whole(&discord, again, "denied it").await;
    bot.stop().await;
}

#[tokio::test]
async fn only_the_newest_list_of_rules_has_buttons() {
    let (discord, bot) = granted().await;
    let label = "Revoke Bash(touch made)";
    discord.say(discord.general(), discord.owner(), "!tools");
    let old = with_button(&discord, label).await;
    discord.say(discord.general(), discord.owner(), "!tools");
    without_buttons(&discord, old.id).await;
    let new = with_button(&discord, label).await;
    assert_ne!(new.id, old.id);
    bot.stop().await;
}

#[tokio::test]
async fn a_turn_with_a_revoked_rule_is_stopped_at_once() {
    let (discord, bot) = granted().await;
    let here = discord.general();
    let words = format!("[[sleep 60]]{}", run("touch made"));
    discord.say(here, discord.owner(), &words);
    eventually("the turn to run", || {
        let active = bot.home().active();
        let turns = &active[here.to_string()]["state"]["open_turns"];
        (turns.as_array()?.len() == 1).then_some(())
    })
    .await;
    discord.say(here, discord.owner(), "!tools revoke Bash(touch made)");
    let label = "Stop the turn now";
    let told_so = with_button(&discord, label).await;
    assert!(
        told_so
            .content
            .contains("Revoked: `Bash(touch made)`. The running turn still has it"),
        "{}",
        told_so.content
    );
    let by_member = press(&discord, &told_so, label, discord.member());
    let refusal = told(&by_member).await;
    assert!(refusal.starts_with("Only this bot's approvers and admins"));
    press(&discord, &told_so, label, discord.owner());
    bot.hears(&discord, told_so.id, "Stopped by ").await;
    without_buttons(&discord, told_so.id).await;
    // The next turn has another process, which asks.
    let before = cards(&discord).len();
    let again = touch(&discord);
    decide(&discord, "Deny").await;
    bot.hears_whole(&discord, again, "denied it").await;
    assert_eq!(cards(&discord).len(), before + 1);
    bot.stop().await;
}

#[tokio::test]
async fn a_rule_that_is_revoked_goes_from_forks_too() {
    let (discord, bot) = granted().await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "[[say one]]");
    let answer = bot.reply_with(&discord, asked, "one").await.id;
    let thread = fork(&bot, &discord, answer).await;
    let unasked = discord.say(thread, owner, &run("touch made"));
    ran(&bot, &discord, unasked).await;
    let revoked = discord.say(here, owner, "!tools revoke Bash(touch made)");
    bot.hears(&discord, revoked, "Revoked: `Bash(touch made)`")
        .await;
    eventually("the thread to be told", || {
        let said = discord.bot_messages(thread);
        let is_it = |message: &Message| message.content.starts_with("Revoked: `Bash(touch made)`");
        said.iter().any(is_it).then_some(())
    })
    .await;
    discord.say(thread, owner, &run("touch made"));
    eventually("a request in the thread", || {
        let said = discord.bot_messages(thread);
        let is_open = |message: &Message| {
            let shown = buttons(message);
            shown.iter().any(|(_, label)| label == "Allow once")
        };
        said.iter().any(is_open).then_some(())
    })
    .await;
    bot.stop().await;
}
