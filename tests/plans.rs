//! Plans and permission modes.
//!
//! * `!mode` holds at once and over a restart, and `!status` shows it; a wider mode is for approvers.
//! * A plan is shown rendered; approvers approve it, and the person who asked can have it changed.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::{
    questions::{cards, closed, open, press, pressed},
    support::{Bot, DEADLINE, Running},
};

async fn started(more: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(more).start(&discord).await;
    (discord, bot)
}

pub(crate) fn present(discord: &Loopback, by: Snowflake) -> Snowflake {
    let plan = json!({ "plan": "# The plan\n\n| step | what |\n|---|---|\n| 1 | paint |" });
    let text = format!("[[tool EnterPlanMode {{}}]][[tool ExitPlanMode {plan}]][[told]]");
    discord.say(discord.general(), by, &text)
}

async fn status(bot: &Running, discord: &Loopback) -> String {
    let who = (discord.general(), discord.owner());
    bot.slash_alone(discord, who, "status", &Value::Null).await
}

/// Has Claude write a file, which only some modes allow.
fn write(path: &str) -> String {
    let input = json!({ "file_path": path, "content": "x" });
    format!("[[tool Write {input}]][[told]]")
}

#[tokio::test]
async fn a_mode_holds_at_once_and_over_a_restart() {
    let config =
        json!({ "allowed_tools": ["Read(./**)"], "discord": { "approval_timeout_secs": 1 } });
    let (discord, bot) = started(&config).await;
    let here = discord.general();
    bot.ask(&discord, here, &write("made"), "Nobody decided")
        .await;
    bot.ask(&discord, here, "!mode acceptEdits", "is now `acceptEdits`")
        .await;
    bot.ask(&discord, here, &write("made"), "File created")
        .await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&config)
        .start(&discord)
        .await;
    bot.ask(&discord, here, &write("again"), "File created")
        .await;
    assert!(
        status(&bot, &discord)
            .await
            .contains("**Mode** `acceptEdits`")
    );
    let who = (here, discord.member());
    let mode = json!({ "mode": "default" });
    let said = bot.slash_answer(&discord, who, "mode", &mode).await;
    assert!(said.contains("is now `default`"), "{said}");
    bot.ask(&discord, here, &write("third"), "Nobody decided")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_wider_mode_needs_an_approver() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let asked = discord.say(here, discord.member(), "!mode acceptEdits");
    bot.reply_with(&discord, asked, "Only this bot's approvers")
        .await;
    let asked = discord.say(here, discord.member(), "!mode plan");
    bot.reply_with(&discord, asked, "is now `plan`").await;
    bot.ask(
        &discord,
        here,
        "!mode bypassPermissions",
        "is not available",
    )
    .await;
    bot.ask(&discord, here, "!mode", "mode here is `plan`")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_plan_is_shown_rendered_and_approved() {
    for (label, mode) in [
        ("Approve", "default"),
        ("Approve and accept edits", "acceptEdits"),
    ] {
        let (discord, bot) = started(&json!({})).await;
        let asked = present(&discord, discord.member());
        let card = open(&discord, "Claude asks to carry out this plan").await;
        let said = discord.bot_messages(discord.general());
        let plan = said
            .iter()
            .find(|message| message.content.contains("The plan"));
        let plan = plan.unwrap();
        assert!(
            plan.id < card.id && !plan.content.contains("|---|"),
            "{}",
            plan.content
        );
        assert!(status(&bot, &discord).await.contains("**Mode** `plan`"));
        let begun = "-# Claude has begun to plan";
        assert!(
            said.iter().any(|it| it.content.starts_with(begun)),
            "{said:?}"
        );
        let refused = press(&discord, &card, label, discord.member());
        let told = refused.response(DEADLINE).await.unwrap().content;
        assert!(told.starts_with("Only this bot's approvers"), "{told}");
        pressed(&discord, &card, label, discord.owner()).await;
        bot.hears_whole(&discord, asked, "User has approved your plan")
            .await;
        assert!(
            status(&bot, &discord)
                .await
                .contains(&format!("**Mode** `{mode}`"))
        );
        bot.stop().await;
    }
}

#[tokio::test]
async fn a_plan_is_changed_by_a_form() {
    let (discord, bot) = started(&json!({})).await;
    let member = discord.member();
    let asked = present(&discord, member);
    let card = open(&discord, "Claude asks to carry out this plan").await;
    let form = press(&discord, &card, "Change", member);
    form.modal(DEADLINE).await.unwrap();
    let submitted = discord.submit(&form, &json!({ "reason": "paint it twice" }));
    submitted.acknowledged(DEADLINE).await.unwrap();
    bot.hears_whole(&discord, asked, "What should change: paint it twice")
        .await;
    closed(&discord, " wants a change: paint it twice").await;
    assert_eq!(cards(&discord).len(), 1);
    assert!(status(&bot, &discord).await.contains("**Mode** `plan`"));
    bot.stop().await;
}

#[tokio::test]
async fn stop_closes_a_plan() {
    let (discord, bot) = started(&json!({})).await;
    present(&discord, discord.owner());
    open(&discord, "Claude asks to carry out this plan").await;
    bot.ask(&discord, discord.general(), "!stop", "Stopped")
        .await;
    closed(
        &discord,
        "✗ Closed: Claude was stopped before anybody decided.",
    )
    .await;
    bot.stop().await;
}
