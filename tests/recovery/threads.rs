//! Threads.

use std::time::Duration;

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::{Value, json};

use super::{at_rest, discord};
use crate::support::{Bot, DEADLINE, Running, said};

/// Only the general channel is let in, and only there all messages are answered.
fn only_general(discord: &Loopback) -> Value {
    let general = discord.general().to_string();
    json!({
        "discord": { "respond": "mention", "allow": { "channels": [general] } },
        "channels": { general: { "respond": "all", "model": "haiku", "allowed_tools": ["Grep"] } },
    })
}

async fn start(discord: &Loopback) -> Running {
    Bot::new(discord)
        .config(&only_general(discord))
        .start(discord)
        .await
}

#[tokio::test]
async fn a_thread_is_let_in_and_set_up_like_its_channel() {
    let discord = discord().await;
    let member = discord.member();
    let before = discord.add_thread(discord.general(), "before");
    let strange = discord.add_thread(discord.channel("rust"), "strange");
    let bot = start(&discord).await;
    let after = discord.add_thread(discord.general(), "after");
    discord.say(strange, member, "[[say no]]");
    for thread in [before, after] {
        discord.say(thread, member, "[[args]]");
        let arguments = arguments(&bot, &discord, thread).await;
        assert!(arguments.contains("--model=haiku"), "{arguments}");
        let (_, rules) = arguments.split_once("--allowedTools").unwrap();
        assert!(rules.contains("Grep") && !rules.contains("Read"), "{rules}");
        // Its folder and its session are its own.
        let folder = bot
            .home()
            .path()
            .join("workspaces")
            .join(thread.to_string());
        assert!(folder.is_dir());
    }
    assert!(said(&discord, strange).is_empty());
}

#[tokio::test]
async fn a_thread_is_caught_up_as_its_channel_would_be() {
    let discord = discord().await;
    let member = discord.member();
    let thread = discord.add_thread(discord.general(), "thread");
    let bot = start(&discord).await;
    let asked = discord.say(thread, member, "[[say before]]");
    bot.reply(&discord, asked).await;
    bot.ask(
        &discord,
        discord.general(),
        "[[say elsewhere]]",
        "elsewhere",
    )
    .await;
    at_rest(bot.home()).await;
    let home = bot.kill().await;
    discord.say(thread, member, "[[say missed]]");
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&only_general(&discord));
    let bot = bot.start(&discord).await;
    bot.has_said(&discord, thread, &["before".into(), "missed".into()])
        .await;
}

/// A thread under the general channel that Discord has not told the bot of.
fn untold(discord: &Loopback, name: &str) -> Snowflake {
    discord.gateway().mute(true);
    let thread = discord.add_thread(discord.general(), name);
    discord.gateway().mute(false);
    thread
}

/// Discord tells of the threads of a channel when the bot may see it.
fn tell(discord: &Loopback, thread: Snowflake) {
    let sync = json!({
        "guild_id": discord.guild(), "channel_ids": [discord.general()], "members": [],
        "threads": [{
            "id": thread, "type": 11, "guild_id": discord.guild(), "parent_id": discord.general(),
            "name": "told", "owner_id": discord.bot(), "last_message_id": null,
            "rate_limit_per_user": 0, "message_count": 0, "member_count": 1, "flags": 0,
            "total_message_sent": 0,
            "thread_metadata": {
                "archived": false, "auto_archive_duration": 1440, "locked": false,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
            },
        }],
    });
    discord.gateway().dispatch("THREAD_LIST_SYNC", &sync);
}

fn lookups(discord: &Loopback, channel: Snowflake) -> usize {
    discord.calls_to(&format!("GET /channels/{channel}")).len()
}

/// The arguments of the CLI that serves a thread: longer than a message, with the allow rules at their end.
async fn arguments(bot: &Running, discord: &Loopback, thread: Snowflake) -> String {
    let arguments = discord.wait_until(DEADLINE, "the arguments", |view| {
        let said = view.bot_messages(thread);
        let all: String = said.into_iter().map(|message| message.content).collect();
        all.contains("--allowedTools").then_some(all)
    });
    arguments
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()))
}

#[tokio::test]
async fn an_unknown_thread_is_looked_up_before_it_is_served() {
    let discord = discord().await;
    let bot = start(&discord).await;
    let thread = untold(&discord, "untold");
    let member = discord.member();
    // Both wait for the one answer, and keep their order.
    discord.say(thread, member, "[[args]]");
    let last = discord.say(thread, member, "[[say last]]");
    let arguments = arguments(&bot, &discord, thread).await;
    assert!(arguments.contains("--model=haiku"), "{arguments}");
    let (_, rules) = arguments.split_once("--allowedTools").unwrap();
    assert!(rules.contains("Grep") && !rules.contains("Read"), "{rules}");
    assert_eq!(bot.reply(&discord, last).await.content, "last");
    assert_eq!(lookups(&discord, thread), 1);
    // Nobody asks for what the guild's list has told.
    assert_eq!(lookups(&discord, discord.general()), 0);
    bot.stop().await;
}

#[tokio::test]
async fn nothing_is_run_where_nobody_knows_whose_rules_hold() {
    let discord = discord().await;
    let config = json!({ "discord": { "respond": "all" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let thread = untold(&discord, "untold");
    let route = format!("GET /channels/{thread}");
    discord.inject(Fault::status(&route, 403).always());
    let owner = discord.owner();
    discord.say(thread, owner, "[[say no]]");
    let line = "nothing runs there";
    bot.log.wait_for(line, DEADLINE).await;
    assert!(said(&discord, thread).is_empty());
    assert_eq!(bot.log.text().matches(line).count(), 1);
    tell(&discord, thread);
    let asked = discord.say(thread, owner, "[[say yes]]");
    assert_eq!(bot.reply(&discord, asked).await.content, "yes");
    assert_eq!(said(&discord, thread), ["yes"]);
    assert_eq!(lookups(&discord, thread), 1);
    bot.stop().await;
}

#[tokio::test]
async fn messages_in_an_unknown_thread_wait_for_discords_answer() {
    let discord = discord().await;
    let bot = start(&discord).await;
    let thread = untold(&discord, "untold");
    let route = format!("GET /channels/{thread}");
    // Longer than live messages wait for missed ones.
    discord.inject(Fault::delayed(&route, Duration::from_secs(31)));
    let member = discord.member();
    discord.say(thread, member, "[[say first]]");
    let last = discord.say(thread, member, "[[say last]]");
    bot.reply(&discord, last).await;
    assert_eq!(said(&discord, thread), ["first", "last"]);
    bot.stop().await;
}

#[tokio::test]
async fn messages_in_an_unknown_thread_run_once_it_is_announced() {
    let discord = discord().await;
    let bot = start(&discord).await;
    let thread = untold(&discord, "untold");
    let route = format!("GET /channels/{thread}");
    let _never = discord.hold(&route);
    let asked = discord.say(thread, discord.member(), "[[say yes]]");
    let looked_up = discord.wait_until(DEADLINE, "a question", |view| {
        view.calls_to(&route).count() > 0
    });
    looked_up.await.unwrap();
    tell(&discord, thread);
    assert_eq!(bot.reply(&discord, asked).await.content, "yes");
    bot.stop().await;
}

#[tokio::test]
async fn a_slash_command_tells_which_channel_its_thread_belongs_to() {
    let discord = discord().await;
    let bot = start(&discord).await;
    let thread = untold(&discord, "untold");
    let answer = bot.slash_answer(&discord, (thread, discord.member()), "model", &Value::Null);
    assert!(answer.await.contains("`haiku`"));
    assert_eq!(lookups(&discord, thread), 0);
    bot.stop().await;
}

#[tokio::test]
async fn a_question_that_is_limited_for_long_holds_up_nothing_else() {
    let discord = discord().await;
    let bot = start(&discord).await;
    let thread = untold(&discord, "untold");
    let route = format!("GET /channels/{thread}");
    // Longer than a request is tried otherwise.
    discord.inject(Fault::rate_limited(&route, Duration::from_mins(16)));
    discord.say(thread, discord.member(), "[[say later]]");
    let asked = discord.wait_until(DEADLINE, "a question", |view| {
        view.calls_to(&route).count() > 0
    });
    asked.await.unwrap();
    let here = discord.general();
    bot.ask(&discord, here, "[[say elsewhere]]", "elsewhere")
        .await;
    tell(&discord, thread);
    bot.has_said(&discord, thread, &["later".into()]).await;
    bot.stop().await;
}
