//! What waits while Claude works, and messages that do not wait.
//!
//! * `!queue` shows what waits; its buttons drop a message or move it to the front, for its author and admins.
//! * `!stop` keeps what waits, `!stop all` drops it by name.
//! * A message that steers cuts what Claude writes, lets a running tool finish, and is answered and booked as its author's.
//! * A message that interrupts stops the turn and is next.
//! * A bot that dies meanwhile runs nothing twice and loses nothing.

use std::path::PathBuf;

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, buttons, eventually, said};

/// A tool call that ends once the file `go` is there, and a long answer after it.
const SLOW: &str = r#"[[tool Bash {"command": "touch began; until [ -e go ]; do sleep 0.02; done; touch done"}]] [[pace 100]] [[long 9000]]"#;

fn config() -> Value {
    json!({ "allowed_tools": ["Bash"], "discord": { "approvals": "off", "verbose": "off" } })
}

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(&config()).start(&discord).await;
    (discord, bot)
}

fn file(discord: &Loopback, home: &Home, name: &str) -> PathBuf {
    let workspace = format!("workspaces/{}", discord.general());
    home.path().join(workspace).join(name)
}

/// Has Claude run the slow tool.
async fn slow(discord: &Loopback, bot: &Running) -> Snowflake {
    let asked = discord.say(discord.general(), discord.owner(), SLOW);
    let began = file(discord, bot.home(), "began");
    eventually("the tool to run", || began.exists().then_some(())).await;
    asked
}

fn go(discord: &Loopback, bot: &Running) {
    let go = format!("workspaces/{}/go", discord.general());
    bot.home().write(&go, "");
}

/// How many turns are open in the record.
async fn open_turns(discord: &Loopback, home: &Home, count: usize) {
    eventually("the open turns", || {
        let record = &home.active()[discord.general().to_string()];
        let open = record["state"]["open_turns"].as_array();
        (open.map_or(0, Vec::len) == count).then_some(())
    })
    .await;
}

/// The reply to a message that contains this.
async fn reply(discord: &Loopback, asked: Snowflake, line: &str) -> Message {
    let found = discord.wait_until(DEADLINE, line, |view| {
        let mut replies = view.replies_to(asked).into_iter();
        replies.find(|reply| reply.content.contains(line))
    });
    found.await.unwrap()
}

/// What somebody who presses reads; nothing if the press counts.
async fn press(discord: &Loopback, list: &Message, label: &str, by: Snowflake) -> String {
    let buttons = buttons(list);
    let found = buttons.iter().find(|(_, found)| found == label);
    let (id, _) = found.unwrap_or_else(|| panic!("no {label} in {buttons:?}"));
    let pressed = discord.press(list.id, id, by);
    if pressed.acknowledged(DEADLINE).await.unwrap().kind == 6 {
        return String::new();
    }
    pressed.response(DEADLINE).await.unwrap().content
}

#[tokio::test]
async fn what_waits_is_shown_and_dropped_or_moved_by_its_author() {
    let (discord, bot) = started().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    slow(&discord, &bot).await;
    discord.say(here, owner, "[[say one]]");
    let two = discord.say(here, member, "[[say two]]");
    let three = discord.say(here, member, "[[say three]]");
    let asked = discord.say(here, owner, "!queue");
    let shown = reply(&discord, asked, "3 messages wait here:").await;
    assert!(shown.content.contains("3. **"), "{}", shown.content);
    let others = press(&discord, &shown, "Drop 1", member).await;
    assert!(others.starts_with("Only the author"), "{others}");
    assert_eq!(press(&discord, &shown, "3 first", member).await, "");
    let moved = reply(&discord, asked, "1. **Milan**: ((say three").await;
    assert_eq!(press(&discord, &moved, "Drop 2", owner).await, "");
    let left = reply(&discord, asked, "2 messages wait here:").await;
    bot.ask(&discord, here, "!stop", "2 messages are waiting")
        .await;
    assert_eq!(bot.reply(&discord, three).await.content, "three");
    assert_eq!(bot.reply(&discord, two).await.content, "two");
    let stale = press(&discord, &left, "Drop 1", owner).await;
    assert!(stale.contains("no longer waits"), "{stale}");
    let order = said(&discord, here);
    let at = |text: &str| order.iter().position(|said| said == text);
    assert!(at("three") < at("two") && at("one").is_none(), "{order:?}");
    bot.stop().await;
}

#[tokio::test]
async fn stop_all_names_what_it_drops() {
    let (discord, bot) = started().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let running = slow(&discord, &bot).await;
    discord.say(here, member, "[[say one]]");
    discord.say(here, owner, "[[say two]]");
    let full = discord.say(here, owner, "!queue");
    reply(&discord, full, "2 messages wait here:").await;
    let stop = discord.say(here, owner, "!stop all");
    let dropped = bot.hears(&discord, stop, "Dropped").await;
    for words in ["say one", "say two"] {
        assert!(dropped.contains(words), "{dropped}");
    }
    bot.hears(&discord, running, "Stopped. The session is kept.")
        .await;
    bot.ask(&discord, here, "!stop", "Nothing is running here.")
        .await;
    bot.ask(&discord, here, "[[say last]]", "last").await;
    let all = said(&discord, here);
    assert!(!all.contains(&"one".to_owned()), "{all:?}");
    bot.stop().await;
}

#[tokio::test]
async fn a_message_that_steers_follows_the_running_tool() {
    let (discord, bot) = started().await;
    let first = slow(&discord, &bot).await;
    let steering = "!! [[say turning left]]";
    let steering = discord.say(discord.general(), discord.member(), steering);
    open_turns(&discord, bot.home(), 2).await;
    go(&discord, &bot);
    let answer = bot.reply(&discord, steering).await;
    assert_eq!(answer.content, "turning left");
    bot.hears(&discord, steering, "Claude goes on with").await;
    assert!(file(&discord, bot.home(), "done").exists());
    open_turns(&discord, bot.home(), 0).await;
    let ledger = bot.home().ledger();
    assert_eq!(bot.home().outcomes(), ["interrupted", "answered"]);
    for (line, message, author) in [
        (&ledger[0], first, discord.owner()),
        (&ledger[1], steering, discord.member()),
    ] {
        assert_eq!(line["message"], message.to_string());
        assert_eq!(line["author"], author.to_string());
    }
    // The session has both, and goes on.
    bot.ask(&discord, discord.general(), "[[context]]", "turning left")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_message_that_steers_cuts_a_text() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let first = discord.say(here, discord.owner(), "[[pace 100]] [[long 9000]]");
    eventually("some text", || {
        let replies = discord.bot_messages(here);
        replies
            .iter()
            .any(|reply| reply.reply_to == Some(first))
            .then_some(())
    })
    .await;
    discord.say(here, discord.owner(), "!queue mode steer");
    bot.hears(&discord, first, "(`steer`)").await;
    let steering = discord.say(here, discord.member(), "[[say short]]");
    assert_eq!(bot.reply(&discord, steering).await.content, "short");
    open_turns(&discord, bot.home(), 0).await;
    assert_eq!(bot.home().outcomes(), ["interrupted", "answered"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_message_that_interrupts_is_next() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let first = slow(&discord, &bot).await;
    discord.say(here, owner, "[[say waited]]");
    let interrupts = discord.say(here, owner, "!!! [[say at once]]");
    bot.hears(&discord, first, "Claude goes on with").await;
    assert_eq!(bot.reply(&discord, interrupts).await.content, "at once");
    bot.hears_whole(&discord, interrupts, "waited").await;
    assert!(!file(&discord, bot.home(), "done").exists());
    let order = said(&discord, here);
    let at = |text: &str| order.iter().position(|said| said == text).unwrap();
    assert!(at("at once") < at("waited"), "{order:?}");
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_that_dies_while_a_message_steers_offers_both_again() {
    let (discord, bot) = started().await;
    let first = slow(&discord, &bot).await;
    let steering = discord.say(discord.general(), discord.member(), "!! [[say left]]");
    open_turns(&discord, bot.home(), 2).await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).config(&config()).home(&home);
    let bot = bot.start(&discord).await;
    for message in [first, steering] {
        let notice = reply(&discord, message, "I was restarted").await;
        assert_eq!(buttons(&notice).len(), 1, "{notice:?}");
    }
    bot.ask(&discord, discord.general(), "[[say last]]", "last")
        .await;
    let all = said(&discord, discord.general());
    assert!(!all.contains(&"left".to_owned()), "{all:?}");
    bot.stop().await;
}
