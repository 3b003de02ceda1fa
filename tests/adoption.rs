//! `switchboard sessions adopt`: a copy of a session from the terminal goes on in a channel.
//!
//! - a running bot does it and says so; without one the command does it alone
//! - the session itself stays as it is, and what the channel had before can be resumed
//! - what cannot be done is refused with a reason, and changes nothing

use std::{fs, os::unix::fs::symlink};

use loopback_discord::Loopback;
use serde_json::json;

use crate::{
    earlier::menu,
    support::{Bot, Home, eventually},
};

const SESSION: &str = "2f7c0f4e-0a3b-4c55-9d0e-5c1f6a7b8c9d";

/// Where a terminal has left a session.
fn transcript() -> String {
    format!(".claude/projects/-home-me-project/{SESSION}.jsonl")
}

/// Leaves a session as a terminal does.
fn leave_session(home: &Home) -> String {
    let line = |kind: &str, (parent, uuid): (Option<&str>, &str), text: &str| {
        json!({
            "parentUuid": parent, "isSidechain": false, "type": kind, "uuid": uuid, "sessionId": SESSION,
            "timestamp": "2026-01-02T03:04:05.000Z", "message": { "role": kind, "content": text },
        })
    };
    let asked = line("user", (None, "1"), "plant a tree");
    let answered = line("assistant", (Some("1"), "2"), "An oak?");
    let text = format!("{asked}\n{answered}\n");
    home.write(&transcript(), &text);
    text
}

#[tokio::test]
async fn a_running_bot_adopts_a_session_between_turns() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    let left = leave_session(bot.home());
    bot.ask(&discord, here, "[[say before]]", "before").await;
    let adopt = ["sessions", "adopt", SESSION, &here.to_string()];
    let asked = discord.say(here, owner, "[[hang]]");
    eventually("the turn to begin", || {
        let record = &bot.home().active()[here.to_string()];
        let turns = record["state"]["open_turns"].to_string();
        turns.contains(&asked.to_string()).then_some(())
    })
    .await;
    let refused = bot.home().run(&adopt).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("Claude is working here"),
        "{refused:?}"
    );
    bot.ask(&discord, here, "!stop", "Stopped").await;

    let adopted = bot.home().run(&adopt).await;
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    let line = "continues a copy of a session from a terminal that began with “plant a tree”";
    assert!(adopted.out.contains(line), "{adopted:?}");
    eventually("the line in the channel", || {
        let said = discord.bot_messages(here);
        said.iter()
            .any(|it| it.content.contains(line))
            .then_some(())
    })
    .await;
    let known = bot.ask(&discord, here, "[[context]]", "[").await;
    assert_eq!(known, r#"["plant a tree"]"#);
    let path = bot.home().path().join(transcript());
    assert_eq!(fs::read_to_string(path).unwrap(), left);
    let (_, _, options) = menu(&bot, &discord).await;
    assert_eq!(options[0]["label"], "((say before))");
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let known = bot.ask(&discord, here, "[[context]]", "[").await;
    assert_eq!(known, r#"["plant a tree","[[context]]"]"#);
}

#[tokio::test]
async fn a_session_is_adopted_without_a_bot_too() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general().to_string();
    let bot = Bot::new(&discord).start(&discord).await;
    let general = discord.general();
    bot.ask(&discord, general, "[[say before]]", "before").await;
    let home = bot.stop().await;
    leave_session(&home);
    let unknown = home.run(&["sessions", "adopt", SESSION, "42"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(
        unknown.err.contains("channel 42 has no session"),
        "{unknown:?}"
    );
    let adopted = home.run(&["sessions", "adopt", SESSION, &here]).await;
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let known = bot.ask(&discord, general, "[[context]]", "[").await;
    assert_eq!(known, r#"["plant a tree"]"#);
}

#[tokio::test]
async fn without_a_bot_a_thread_gets_the_session_where_its_channel_works() {
    let discord = Loopback::builder().start().await.unwrap();
    let (general, owner) = (discord.general(), discord.owner());
    let config = json!({ "channels": { general.to_string(): { "workspace": "shared" } } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let thread = discord.start_thread(general, owner, "trees");
    bot.ask(&discord, thread, "[[say before]]", "before").await;
    let home = bot.stop().await;
    leave_session(&home);
    let adopt = ["sessions", "adopt", SESSION, &thread.to_string()];
    let adopted = home.run(&adopt).await;
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    let bot = Bot::new(&discord)
        .config(&config)
        .home(&home)
        .start(&discord)
        .await;
    let known = bot.ask(&discord, thread, "[[context]]", "[").await;
    assert_eq!(known, r#"["plant a tree"]"#);
}

#[tokio::test]
async fn what_cannot_be_adopted_is_refused_with_a_reason() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (home, here) = (bot.home(), discord.general().to_string());
    let refused = async |session: &str, channel: &str, code: i32, reason: &str| {
        let ran = home.run(&["sessions", "adopt", session, channel]).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(reason), "{reason}: {ran:?}");
    };
    refused("../../secret", &here, 2, "expected a session ID").await;
    refused(SESSION, "42", 1, "does not know this channel").await;
    let looked_at = home.path().join(".claude/projects");
    refused(SESSION, &here, 1, looked_at.to_str().unwrap()).await;
    home.write("secret", "{\"type\":\"user\"}\n");
    home.write(".claude/projects/-home-me-project/other", "");
    let link = home.path().join(transcript());
    symlink(home.path().join("secret"), &link).unwrap();
    refused(SESSION, &here, 1, "over a symbolic link").await;
    fs::remove_file(&link).unwrap();
    home.write(&transcript(), "{\"type\":\"summary\"}\n");
    refused(SESSION, &here, 1, "nothing was said in the session").await;
    assert_eq!(home.active()[&here], serde_json::Value::Null);
}
