//! Tool calls that no rule allows: people decide about them in the channel.
//!
//! * What is allowed once runs once; for the session it goes on over a restart, until `!clear`; for good it goes on.
//! * What is denied does not run, and Claude reads why.
//! * Only approvers decide, by who they are and which roles they have when they press.
//! * A request is closed, and its buttons go, when nobody decides, at `!stop`, and when the bot stops or dies.
//! * With `discord.approvals` off nothing is asked.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use loopback_discord::{InteractionHandle, Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, buttons, eventually, told};

/// Without a sandbox there is Bash only if a rule names it.
pub(crate) fn config(more: &Value) -> Value {
    let mut config = json!({ "allowed_tools": ["Read(./**)", "Bash(true)"], "discord": {} });
    for (key, value) in more.as_object().unwrap() {
        config["discord"][key] = value.clone();
    }
    config
}

pub(crate) async fn started(more: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord)
        .config(&config(more))
        .start(&discord)
        .await;
    (discord, bot)
}

/// Has Claude run a command, and say what came of it.
pub(crate) fn run(command: &str) -> String {
    format!("[[tool Bash {}]][[told]]", json!({ "command": command }))
}

pub(crate) fn touch(discord: &Loopback) -> Snowflake {
    discord.say(discord.general(), discord.owner(), &run("touch made"))
}

fn made(discord: &Loopback, home: &Home) -> PathBuf {
    home.path()
        .join(format!("workspaces/{}/made", discord.general()))
}

pub(crate) fn text(card: &Message) -> &str {
    card.embeds[0]["description"].as_str().unwrap_or_default()
}

/// The cards that ask for a decision or say what was decided, oldest first.
pub(crate) fn cards(discord: &Loopback) -> Vec<Message> {
    let messages = discord.bot_messages(discord.general()).into_iter();
    let with_card = messages.filter(|message| !message.embeds.is_empty());
    with_card
        .filter(|card| text(card).contains(" asks to "))
        .collect()
}

/// Waits until the command has run, and Claude has said so.
pub(crate) async fn ran(bot: &Running, discord: &Loopback, asked: Snowflake) {
    bot.hears_whole(discord, asked, "Bash completed").await;
}

/// Waits until Claude has said what it was told instead.
async fn refused(bot: &Running, discord: &Loopback, asked: Snowflake, why: &str) {
    bot.hears_whole(discord, asked, why).await;
}

/// Waits for a card that is open.
pub(crate) async fn open(discord: &Loopback) -> Message {
    let is_open = |card: &Message| !card.components.is_empty();
    eventually("a card that asks", || {
        cards(discord).into_iter().rfind(is_open)
    })
    .await
}

/// Waits until the newest card is closed with this.
pub(crate) async fn closed(discord: &Loopback, line: &str) {
    eventually(line, || {
        let card = cards(discord).pop()?;
        (text(&card).contains(line) && card.components.is_empty()).then_some(())
    })
    .await;
}

pub(crate) fn press(
    discord: &Loopback,
    card: &Message,
    label: &str,
    by: Snowflake,
) -> InteractionHandle {
    let buttons = buttons(card);
    let found = buttons.iter().find(|(_, found)| found.starts_with(label));
    let (id, _) = found.unwrap_or_else(|| panic!("no {label} in {buttons:?}"));
    discord.press(card.id, id, by)
}

/// Presses a button of the newest open card. The press must count.
pub(crate) async fn decide(discord: &Loopback, label: &str) {
    let card = open(discord).await;
    let pressed = press(discord, &card, label, discord.owner());
    assert_eq!(pressed.acknowledged(DEADLINE).await.unwrap().kind, 6);
}

#[tokio::test]
async fn what_is_allowed_once_runs_once() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    let card = open(&discord).await;
    assert!(
        text(&card).contains("```sh\ntouch made\n```"),
        "{}",
        text(&card)
    );
    assert_eq!(card.reply_to, Some(asked));
    assert!(!made(&discord, bot.home()).exists());
    decide(&discord, "Allow once").await;
    ran(&bot, &discord, asked).await;
    assert!(made(&discord, bot.home()).exists());
    closed(&discord, "✓ Allowed once by ").await;
    // The next one is asked for again.
    let again = touch(&discord);
    decide(&discord, "Deny").await;
    refused(&bot, &discord, again, "denied it").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_denial_with_a_reason_reaches_claude() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    let card = open(&discord).await;
    let pressed = press(&discord, &card, "Deny with a reason", discord.owner());
    let form = pressed.modal(DEADLINE).await.unwrap();
    assert_eq!(form["title"], "Why should Claude not do this?");
    let submitted = discord.submit(&pressed, &json!({ "reason": "not in **this** folder" }));
    submitted.acknowledged(DEADLINE).await.unwrap();
    refused(&bot, &discord, asked, "not in **this** folder").await;
    closed(&discord, "✗ Denied by ").await;
    assert!(!made(&discord, bot.home()).exists());
    bot.stop().await;
}

#[tokio::test]
async fn a_rule_for_the_session_holds_until_it_is_cleared() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    decide(&discord, "Allow for this session: Bash(touch made)").await;
    ran(&bot, &discord, asked).await;
    ran(&bot, &discord, touch(&discord)).await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).config(&config(&json!({})));
    let bot = bot.start(&discord).await;
    ran(&bot, &discord, touch(&discord)).await;
    assert_eq!(cards(&discord).len(), 1, "it is not asked for again");
    let here = discord.general();
    bot.ask(&discord, here, "!tools", "this session, granted by")
        .await;
    bot.ask(&discord, here, "!clear", "Cleared").await;
    touch(&discord);
    decide(&discord, "Deny").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_rule_for_good_holds_until_it_is_revoked() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    decide(&discord, "Always here: Bash(touch made)").await;
    ran(&bot, &discord, asked).await;
    let here = discord.general();
    bot.ask(&discord, here, "!clear", "Cleared").await;
    ran(&bot, &discord, touch(&discord)).await;
    assert_eq!(cards(&discord).len(), 1);
    let who = (here, discord.owner());
    let listed = bot.slash_alone(&discord, who, "tools", &Value::Null).await;
    assert!(
        listed.contains("`Bash(touch made)` · always, granted by"),
        "{listed}"
    );
    let by_member = discord.say(here, discord.member(), "!tools revoke Bash(touch made)");
    bot.reply_with(&discord, by_member, "admins").await;
    bot.ask(&discord, here, "!tools revoke Bash(touch made)", "Revoked")
        .await;
    touch(&discord);
    decide(&discord, "Deny").await;
    bot.stop().await;
}

#[tokio::test]
async fn only_approvers_decide() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    let card = open(&discord).await;
    for label in [
        "Allow once",
        "Allow for this session",
        "Always here",
        "Deny",
        "Deny with a reason",
    ] {
        let pressed = press(&discord, &card, label, discord.member());
        assert!(
            told(&pressed)
                .await
                .starts_with("Only this bot's approvers"),
            "{label}"
        );
    }
    // Pressed twice, it counts once.
    let presses = [0, 1].map(|_| press(&discord, &card, "Allow once", discord.owner()));
    let mut kinds = Vec::new();
    for pressed in &presses {
        kinds.push(pressed.acknowledged(DEADLINE).await.unwrap().kind);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [4, 6]);
    ran(&bot, &discord, asked).await;
    bot.stop().await;
}

#[tokio::test]
async fn an_approver_by_role_decides_as_long_as_they_have_it() {
    let discord = Loopback::builder().start().await.unwrap();
    let approvers = json!({ "approvers": { "roles": [discord.role()] } });
    let bot = Bot::new(&discord)
        .config(&config(&approvers))
        .start(&discord)
        .await;
    let asked = discord.say(discord.general(), discord.stranger(), &run("touch made"));
    let card = open(&discord).await;
    let pressed = press(&discord, &card, "Allow once", discord.stranger());
    assert!(
        told(&pressed)
            .await
            .starts_with("Only this bot's approvers")
    );
    let pressed = press(&discord, &card, "Allow once", discord.member());
    assert_eq!(pressed.acknowledged(DEADLINE).await.unwrap().kind, 6);
    ran(&bot, &discord, asked).await;
    assert!(made(&discord, bot.home()).exists());
    bot.stop().await;
}

#[tokio::test]
async fn nobody_decides_and_claude_goes_on() {
    let (discord, bot) = started(&json!({ "approval_timeout_secs": 1 })).await;
    let asked = touch(&discord);
    let why = "Nobody decided about this within 1 second";
    refused(&bot, &discord, asked, why).await;
    closed(&discord, "✗ Denied: nobody decided within 1 second.").await;
    assert!(!made(&discord, bot.home()).exists());
    bot.stop().await;
}

#[tokio::test]
async fn other_channels_are_not_held_up() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    open(&discord).await;
    let there = discord.channel("random");
    bot.ask(&discord, there, "[[say here]]", "here").await;
    decide(&discord, "Allow once").await;
    ran(&bot, &discord, asked).await;
    bot.stop().await;
}

#[tokio::test]
async fn stop_closes_what_is_open() {
    let (discord, bot) = started(&json!({})).await;
    touch(&discord);
    let card = open(&discord).await;
    bot.ask(&discord, discord.general(), "!stop", "Stopped")
        .await;
    closed(&discord, "✗ Closed: Claude was stopped").await;
    assert!(!made(&discord, bot.home()).exists());
    bot.ask(&discord, discord.general(), "[[say on]]", "on")
        .await;
    assert!(discord.message(card.id).unwrap().components.is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn a_stop_of_the_bot_closes_what_is_open() {
    let (discord, bot) = started(&json!({})).await;
    let asked = touch(&discord);
    open(&discord).await;
    let home = bot.stop().await;
    closed(&discord, "✗ Closed by a restart").await;
    assert!(!made(&discord, &home).exists());
    // Claude has been told, and has ended its turn.
    let said = discord.bot_messages(discord.general());
    let is_told = |message: &Message| message.id > asked && message.content.contains("restarting");
    assert!(said.iter().any(is_told), "{said:?}");
}

#[tokio::test]
async fn a_killed_bot_closes_what_was_open_when_it_is_back() {
    let (discord, bot) = started(&json!({})).await;
    touch(&discord);
    let card = open(&discord).await;
    // Wait until the record knows the message.
    eventually("the card to be on record", || {
        let active = bot.home().active()[discord.general().to_string()].clone();
        let posts = active["state"]["posts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of_card = |post: &&Value| post["messages"][0] == json!(card.id.to_string());
        posts.iter().any(|post| of_card(&post)).then_some(())
    })
    .await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).config(&config(&json!({})));
    let bot = bot.start(&discord).await;
    closed(&discord, "✗ Closed by a restart").await;
    assert_eq!(cards(&discord).len(), 1);
    assert!(!made(&discord, &home).exists());
    bot.stop().await;
}

#[tokio::test]
async fn a_crash_of_the_cli_closes_what_is_open() {
    let (discord, bot) = started(&json!({})).await;
    touch(&discord);
    open(&discord).await;
    bot.kill_cli(&discord, discord.general()).await;
    closed(&discord, "✗ Closed: Claude's process ended").await;
    bot.stop().await;
}

#[tokio::test]
async fn with_approvals_off_nothing_is_asked() {
    let (discord, bot) = started(&json!({ "approvals": "off" })).await;
    let asked = touch(&discord);
    refused(&bot, &discord, asked, "haven't granted").await;
    assert!(cards(&discord).is_empty());
    let here = discord.general();
    bot.ask(&discord, here, "!tools", "Everything else is denied.")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn an_edit_is_shown_as_a_diff() {
    let (discord, bot) = started(&json!({})).await;
    let path = bot.home().path().join("elsewhere.txt");
    let input = json!({ "file_path": path, "old_string": "one\ntwo", "new_string": "one\n2" });
    discord.say(
        discord.general(),
        discord.owner(),
        &format!("[[tool Edit {input}]][[told]]"),
    );
    let card = open(&discord).await;
    assert!(
        text(&card).contains("```diff\n one\n-two\n+2\n```"),
        "{}",
        text(&card)
    );
    let rule = format!("`Edit(/{})`", path.display());
    assert!(text(&card).contains(&rule), "{}", text(&card));
    decide(&discord, "Deny").await;
    closed(&discord, "✗ Denied by ").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_long_command_is_shown_in_a_file() {
    let (discord, bot) = started(&json!({})).await;
    let command = format!("echo {}", "x".repeat(1_800));
    discord.say(discord.general(), discord.owner(), &run(&command));
    let card = open(&discord).await;
    assert_eq!(card.attachments.len(), 1);
    assert_eq!(card.attachments[0].name, "request.sh.txt");
    assert!(
        text(&card).contains("The file has all of it."),
        "{}",
        text(&card)
    );
    decide(&discord, "Deny").await;
    closed(&discord, "✗ Denied by ").await;
    assert_eq!(discord.message(card.id).unwrap().attachments.len(), 1);
    bot.stop().await;
}

/// How long a turn may take in the tests of its clock.
const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn an_open_request_does_not_use_up_the_time_of_the_turn() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut limits = config(&json!({}));
    limits["claude"] =
        json!({ "turn_timeout_secs": LIMIT.as_secs(), "silence_secs": 1, "idle_secs": 1 });
    let bot = Bot::new(&discord).config(&limits).start(&discord).await;
    let asked = touch(&discord);
    open(&discord).await;
    let opened = Instant::now();
    eventually("more than the limit to pass", || {
        (opened.elapsed() > LIMIT + Duration::from_millis(500)).then_some(())
    })
    .await;
    decide(&discord, "Allow once").await;
    ran(&bot, &discord, asked).await;
    assert!(made(&discord, bot.home()).exists());
    bot.stop().await;
}
