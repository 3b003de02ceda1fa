//! The turn in which Claude reports that a background task has ended.
//!
//! * The end of a long task replies to whoever had it started, and pings them once.
//! * A report that fails says why, and a usage limit that it meets costs no further turn.
//! * Tools that the rules refused are named, in reports and in turns that fail.
//! * While it works, it has a card like other turns, and can be stopped there.

use std::time::Duration;

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::{
    support::{Bot, Running, eventually, said},
    work_card::{labels, press, shows},
};

const REFUSED: &str = "-# Refused, because this bot's rules don't allow it: `Write`";

async fn started() -> (Loopback, Running) {
    started_with("off").await
}

async fn started_with(verbose: &str) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(&json!({
        "allowed_tools": ["Bash"],
        "discord": { "notify_after_secs": 1, "verbose": verbose, "approvals": "off" },
    }));
    let bot = bot.start(&discord).await;
    (discord, bot)
}

/// Has a task started that runs until [`end_task`]. `report` says what Claude does in its report on it.
async fn with_task(bot: &Running, discord: &Loopback, report: &str) -> Snowflake {
    let input = json!({
        "command": "while [ ! -e go ]; do sleep 0.05; done",
        "description": format!("the watch {report}"),
        "run_in_background": true,
    });
    let words = format!("[[tool Bash {input}]] [[say begun]]");
    let asked = discord.say(discord.general(), discord.owner(), &words);
    outcomes(bot, &["answered"]).await;
    asked
}

fn end_task(bot: &Running, discord: &Loopback) {
    let file = format!("workspaces/{}/go", discord.general());
    bot.home().write(&file, "");
}

/// Waits until this is what the ledger says.
async fn outcomes(bot: &Running, expected: &[&str]) {
    let expected: Vec<Value> = expected.iter().map(|it| json!(it)).collect();
    eventually("the bookings", || {
        (bot.home().outcomes() == expected).then_some(())
    })
    .await;
}

/// The replies to a message that ping its author.
fn pings(discord: &Loopback, asked: Snowflake) -> Vec<Message> {
    let mut replies = discord.look(|view| view.replies_to(asked));
    replies.retain(|reply| reply.mentions == [discord.owner()]);
    replies
}

#[tokio::test]
async fn the_end_of_a_long_task_pings_once() {
    let (discord, bot) = started().await;
    let asked = with_task(&bot, &discord, "").await;
    // Somebody else writes last.
    let other = discord.say(discord.general(), discord.member(), "[[say hello]]");
    bot.reply_with(&discord, other, "hello").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    end_task(&bot, &discord);
    let report = bot
        .reply_with(&discord, asked, "completed (exit code 0)")
        .await;
    assert_eq!(report.mentions, [discord.owner()]);
    outcomes(&bot, &["answered", "answered", "background"]).await;
    bot.ask(&discord, discord.general(), "[[say after]]", "after")
        .await;
    let pinged = pings(&discord, asked);
    let about_task = pinged.iter().filter(|it| it.content.contains("the watch"));
    assert_eq!(about_task.count(), 1, "{pinged:#?}");
    bot.stop().await;
}

#[tokio::test]
async fn a_report_that_fails_says_why() {
    let (discord, bot) = started().await;
    let report = r#"[[tool Write {"file_path": "notes", "content": "x"}]] [[status 529]]"#;
    let asked = with_task(&bot, &discord, report).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    end_task(&bot, &discord);
    let told = bot
        .reply_with(
            &discord,
            asked,
            "has ended, but Claude couldn't report on it.",
        )
        .await;
    assert!(
        told.content
            .contains("Claude's API is unavailable right now (status 529)"),
        "{}",
        told.content
    );
    assert_eq!(told.mentions, [discord.owner()]);
    bot.hears(&discord, asked, REFUSED).await;
    outcomes(&bot, &["answered", "api_down"]).await;
    bot.ask(&discord, discord.general(), "[[say after]]", "after")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_usage_limit_met_by_a_report_costs_no_turn() {
    let (discord, bot) = started().await;
    let asked = with_task(&bot, &discord, "[[limited 600]]").await;
    end_task(&bot, &discord);
    bot.reply_with(
        &discord,
        asked,
        "Claude's 5-hour usage limit is reached. It resets <t:",
    )
    .await;
    let next = discord.say(discord.general(), discord.owner(), "[[say next]]");
    bot.reply_with(&discord, next, "Your message waits until <t:")
        .await;
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["answered", "usage_limit"]);
}

#[tokio::test]
async fn refused_tools_of_a_turn_that_fails_are_named() {
    let (discord, bot) = started().await;
    let words = r#"[[tool Write {"file_path": "notes", "content": "x"}]] [[status 529]]"#;
    let asked = discord.say(discord.general(), discord.owner(), words);
    bot.hears(&discord, asked, REFUSED).await;
    outcomes(&bot, &["api_down"]).await;
    let told = said(&discord, discord.general());
    let refused = told.iter().filter(|text| text.starts_with(REFUSED));
    assert_eq!(refused.count(), 1, "{told:#?}");
    bot.stop().await;
}

#[tokio::test]
async fn a_report_has_a_card_on_which_it_can_be_stopped() {
    let (discord, bot) = started_with("compact").await;
    let report = r#"[[tool Read {"file_path": "nothing"}]] [[hang]]"#;
    let asked = with_task(&bot, &discord, report).await;
    let of_the_turn = shows(&discord, "✓ 1 step, ").await;
    end_task(&bot, &discord);
    let card = shows(&discord, "- ✗ Read `nothing`").await;
    assert_ne!(card.id, of_the_turn.id);
    assert_eq!(labels(&card), ["Stop"]);
    press(&discord, &card, "Stop", discord.member()).await;
    let name = discord.user(discord.member()).unwrap().display_name;
    let told = format!("Stopped by {name}. The session is kept.");
    bot.hears(&discord, asked, &told).await;
    let closed = shows(&discord, "■ Stopped: 1 step").await;
    assert_eq!(closed.id, card.id);
    assert_eq!(labels(&closed), ["Show steps"]);
    bot.ask(&discord, discord.general(), "[[say after]]", "after")
        .await;
    bot.stop().await;
}
