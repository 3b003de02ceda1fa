//! The sessions that a channel has left:
//!
//! - a button undoes a `!clear`, for admins, once, within ten minutes, also after a restart
//! - `!resume` goes back to any of them, and to the one that was left for it
//! - rules that were granted for the session end; a session whose transcript is gone is told

use loopback_discord::{InteractionHandle, Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::{
    approvals,
    support::{Bot, DEADLINE, Home, Running, eventually, press, told},
};

async fn start(discord: &Loopback, home: Option<&Home>) -> Running {
    let bot = Bot::new(discord).config(&json!({ "allowed_tools": ["Read(./**)", "Bash(true)"] }));
    let bot = match home {
        Some(home) => bot.home(home),
        None => bot,
    };
    bot.start(discord).await
}

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    (discord, bot)
}

async fn ask(bot: &Running, discord: &Loopback, words: &str, expected: &str) {
    bot.ask(discord, discord.general(), words, expected).await;
}

/// Says something in a new session, and leaves it.
async fn conversation(bot: &Running, discord: &Loopback, words: &str) {
    ask(bot, discord, &format!("[[say {words}]]"), words).await;
    ask(bot, discord, "!clear", "Cleared").await;
}

/// What Claude knows of the conversation.
async fn known(bot: &Running, discord: &Loopback) -> Value {
    let asked = discord.say(discord.general(), discord.owner(), "[[context]]");
    let said = bot.reply_with(discord, asked, "[").await.content;
    serde_json::from_str(&said).unwrap()
}

/// The newest message of the bot that has such a control.
async fn offer(discord: &Loopback, has: impl Fn(&Value) -> bool) -> (Message, String) {
    eventually("a control", || {
        let messages = discord.bot_messages(discord.general()).into_iter().rev();
        messages.into_iter().find_map(|message| {
            let rows = message.components.iter();
            let mut controls = rows.flat_map(|row| row["components"].as_array().unwrap());
            let id = controls.find(|control| has(control))?["custom_id"]
                .as_str()
                .unwrap()
                .to_owned();
            Some((message, id))
        })
    })
    .await
}

async fn undo(discord: &Loopback) -> (Message, String) {
    offer(discord, |control| control["label"] == "Undo").await
}

/// The menu of `!resume`, and its options.
pub(crate) async fn menu(bot: &Running, discord: &Loopback) -> (Message, String, Vec<Value>) {
    ask(bot, discord, "!resume", "Earlier sessions").await;
    let (message, id) = offer(discord, |control| control["type"] == 3).await;
    let options = message.components[0]["components"][0]["options"]
        .as_array()
        .unwrap()
        .clone();
    (message, id, options)
}

pub(crate) fn choose(
    discord: &Loopback,
    (message, id, options): &(Message, String, Vec<Value>),
    words: &str,
    by: Snowflake,
) -> InteractionHandle {
    let is_it = |option: &&Value| option["label"].as_str().unwrap().contains(words);
    let option = options
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no {words}: {options:?}"));
    discord.pick(message.id, id, by, &[option["value"].as_str().unwrap()])
}

async fn counts(pressed: &InteractionHandle) {
    assert_eq!(pressed.acknowledged(DEADLINE).await.unwrap().kind, 6);
}

/// Waits until a message says this and has no controls.
pub(crate) async fn settled(discord: &Loopback, message: Snowflake, text: &str) {
    eventually(text, || {
        let message = discord.message(message)?;
        (message.content.contains(text) && message.components.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_clear_is_undone_once_and_by_admins() {
    let (discord, bot) = started().await;
    conversation(&bot, &discord, "one").await;
    let (cleared, id) = undo(&discord).await;
    let by_member = discord.press(cleared.id, &id, discord.member());
    assert!(told(&by_member).await.contains("Only this bot's admins"));
    let [once, twice] = [(); 2].map(|()| discord.press(cleared.id, &id, discord.owner()));
    counts(&once).await;
    assert!(told(&twice).await.contains("no longer works"));
    let undone = "that began with “((say one))” (1 turn)";
    settled(&discord, cleared.id, undone).await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say one]]"]));
    let record = &bot.home().active()[discord.general().to_string()];
    assert_eq!(record["message_count"], 2, "{record}");
    assert_eq!(
        record["earlier"],
        Value::Null,
        "a session that was not used is not kept"
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_clear_is_undone_after_a_restart() {
    let (discord, bot) = started().await;
    conversation(&bot, &discord, "one").await;
    // The other session is used meanwhile, and kept.
    ask(&bot, &discord, "[[say two]]", "two").await;
    let home = bot.kill().await;
    let bot = start(&discord, Some(&home)).await;
    let (cleared, id) = undo(&discord).await;
    counts(&discord.press(cleared.id, &id, discord.owner())).await;
    settled(&discord, cleared.id, "Undone by ").await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say one]]"]));
    let menu = menu(&bot, &discord).await;
    counts(&choose(&discord, &menu, "say two", discord.owner())).await;
    settled(&discord, menu.0.id, "that began with “((say two))”").await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say two]]"]));
    let home = bot.stop().await;
    assert!(home.outcomes().iter().all(|outcome| outcome == "answered"));
}

#[tokio::test]
async fn the_button_of_a_clear_goes_after_ten_minutes() {
    let (discord, bot) = started().await;
    conversation(&bot, &discord, "one").await;
    let (cleared, _) = undo(&discord).await;
    let home = bot.stop().await;
    let mut active = home.active();
    let posts = &mut active[discord.general().to_string()]["state"]["posts"];
    let post = posts
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|post| post["key"].as_str().unwrap().starts_with("u."));
    post.unwrap()["controls"][0]["action"]["undo"]["until"] = 1_700_000_000.into();
    home.write("sessions/active.json", &active.to_string());
    let bot = start(&discord, Some(&home)).await;
    settled(&discord, cleared.id, "Cleared: 1 turn").await;
    assert_eq!(known(&bot, &discord).await, json!([]));
    assert_eq!(menu(&bot, &discord).await.2.len(), 1);
    bot.stop().await;
}

#[tokio::test]
async fn any_earlier_session_can_be_resumed() {
    let (discord, bot) = started().await;
    let (owner, here) = (discord.owner(), discord.general());
    ask(&bot, &discord, "!resume", "no earlier session").await;
    for words in ["one", "two", "three"] {
        conversation(&bot, &discord, words).await;
    }
    let by_member = discord.say(here, discord.member(), "!resume");
    bot.reply_with(&discord, by_member, "Only this bot's admins can go back")
        .await;
    let menu_of_three = menu(&bot, &discord).await;
    let labels: Vec<_> = menu_of_three
        .2
        .iter()
        .map(|option| option["label"].clone())
        .collect();
    assert_eq!(labels, ["((say three))", "((say two))", "((say one))"]);
    let about = menu_of_three.2[0]["description"].as_str().unwrap();
    assert!(about.ends_with(" UTC · 1 turn"), "{about}");
    let by_member = choose(&discord, &menu_of_three, "one", discord.member());
    assert!(told(&by_member).await.contains("Only this bot's admins"));
    let [once, twice] = ["one", "two"].map(|words| choose(&discord, &menu_of_three, words, owner));
    counts(&once).await;
    assert!(told(&twice).await.contains("no longer works"));
    let resumed = "that began with “((say one))”";
    settled(&discord, menu_of_three.0.id, resumed).await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say one]]"]));
    // Over an idle process: it makes room for one with the other session.
    let next = menu(&bot, &discord).await;
    counts(&choose(&discord, &next, "two", owner)).await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say two]]"]));
    let next = menu(&bot, &discord).await;
    assert_eq!(next.2.len(), 2);
    counts(&choose(&discord, &next, "one", owner)).await;
    assert_eq!(
        known(&bot, &discord).await,
        json!(["[[say one]]", "[[context]]"])
    );
    let home = bot.stop().await;
    let spent = |line: &Value| line["cost_usd"].as_f64().unwrap();
    let record = &home.active()[here.to_string()];
    let session = record["session_id"].clone();
    let ledger = home.ledger();
    let own = ledger.iter().filter(|line| line["session"] == session);
    let (turns, total) = own.fold((0, 0.0), |(turns, total), line| {
        (turns + 1, total + spent(line))
    });
    assert_eq!(record["message_count"], turns);
    assert!(
        (record["total_cost_usd"].as_f64().unwrap() - total).abs() < 1e-9,
        "{record}"
    );
}

#[tokio::test]
async fn a_newer_menu_takes_the_place_of_an_older_one() {
    let (discord, bot) = started().await;
    conversation(&bot, &discord, "one").await;
    let older = menu(&bot, &discord).await;
    let newer = menu(&bot, &discord).await;
    settled(&discord, older.0.id, "Earlier sessions").await;
    assert_ne!(older.0.id, newer.0.id);
    let home = bot.stop().await;
    let bot = start(&discord, Some(&home)).await;
    counts(&choose(&discord, &newer, "one", discord.owner())).await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say one]]"]));
    bot.stop().await;
}

#[tokio::test]
async fn no_session_is_changed_while_claude_works() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    conversation(&bot, &discord, "one").await;
    let (cleared, id) = undo(&discord).await;
    let before = discord.typing_calls(here);
    let running = discord.say(here, owner, "[[hang]]");
    let typing = || (discord.typing_calls(here) > before).then_some(());
    eventually("the typing", typing).await;
    let pressed = discord.press(cleared.id, &id, owner);
    assert!(told(&pressed).await.contains("Claude is working here"));
    discord.say(here, owner, "!stop");
    bot.hears(&discord, running, "Stopped").await;
    press(&discord, here, owner, "Undo").await;
    assert_eq!(known(&bot, &discord).await, json!(["[[say one]]"]));
    bot.stop().await;
}

#[tokio::test]
async fn rules_granted_for_the_session_end() {
    let (discord, bot) = started().await;
    conversation(&bot, &discord, "one").await;
    let touch = format!(
        "[[tool Bash {}]][[told]]",
        json!({ "command": "touch made" })
    );
    let asked = discord.say(discord.general(), discord.owner(), &touch);
    approvals::decide(&discord, "Allow for this session").await;
    bot.hears_whole(&discord, asked, "Bash completed").await;
    let menu = menu(&bot, &discord).await;
    counts(&choose(&discord, &menu, "one", discord.owner())).await;
    settled(&discord, menu.0.id, "continues").await;
    discord.say(discord.general(), discord.owner(), &touch);
    approvals::decide(&discord, "Deny").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_lost_transcript_is_told() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "rebuild_sessions": false } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    conversation(&bot, &discord, "one").await;
    let home = bot.home().clone();
    let earlier = home.active()[discord.general().to_string()]["earlier"][0].clone();
    let session = earlier["session_id"].as_str().unwrap();
    let projects = home.path().join(".claude/projects");
    for folder in std::fs::read_dir(projects).unwrap() {
        let folder = folder.unwrap().path();
        for extension in ["json", "jsonl"] {
            let transcript = folder.join(format!("{session}.{extension}"));
            if transcript.exists() {
                std::fs::remove_file(transcript).unwrap();
            }
        }
    }
    press(&discord, discord.general(), discord.owner(), "Undo").await;
    let asked = discord.say(discord.general(), discord.owner(), "[[context]]");
    bot.hears(
        &discord,
        asked,
        "Claude no longer has this channel's session",
    )
    .await;
    let said = bot.reply_with(&discord, asked, "[").await.content;
    assert_eq!(said, "[]");
    bot.stop().await;
}
