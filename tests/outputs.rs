//! What people read when something odd comes out of Claude, its CLI or its API:
//!
//! - control sequences in answers and in errors, and Markdown that Discord does not know
//! - a long summary of the conversation
//! - refusals of the API that share a status
//! - buttons of an older bot, and channels that are gone

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Running, said};

async fn started(config: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(config).start(&discord).await;
    (discord, bot)
}

/// Claude answers with this text.
async fn answer(text: &str) -> String {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let here = discord.general();
    home.write(&format!("workspaces/{here}/answer.md"), text);
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let asked = discord.say(here, discord.owner(), "[[say-file answer.md]]");
    let answer = bot.reply(&discord, asked).await.content;
    bot.stop().await;
    answer
}

#[tokio::test]
async fn control_sequences_are_taken_out_of_answers() {
    let text = "\u{1b}[31mred\u{1b}[0m and \u{1b}]8;;https://example.org\u{7}a link\u{1b}]8;;\u{7}, \
                a bell\u{7}, \u{9b}1mbold\u{9b}0m, \u{1b}]0;title\u{1b}\\done";
    assert_eq!(answer(text).await, "red and a link, a bell, bold, done");
}

#[tokio::test]
async fn control_sequences_are_taken_out_of_errors() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    home.write(
        "wrapper",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec \"$HOME/claude-stand-in\" --version\n\
         printf '\\033[31mno \\033]8;;https://example.org\\007room\\033]8;;\\007 left\\007\\302\\2331m here\\n' >&2\nexit 1\n",
    );
    let wrapper = home.path().join("wrapper");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
    let config = json!({ "claude": { "bin": wrapper } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    let here = discord.general();
    let told = bot
        .ask(&discord, here, "[[say one]]", "could not be started")
        .await;
    assert!(told.contains("no room left here"), "{told:?}");
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{told:?}");
    bot.stop().await;
}

#[tokio::test]
async fn markdown_that_discord_does_not_know_is_shown_as_it_can() {
    let shown = answer(
        "#### Small\n\n---\n\n- [x] done\n- [ ] open\n\n~~~rust\nfn main() {}\n~~~\n\n\
         | name | size |\n|---|---:|\n| a | 1 |\n| bc | 23 |\n",
    )
    .await;
    assert!(shown.lines().all(|line| line != "---"), "{shown}");
    for raw in ["####", "[x]", "[ ]", "~~~", "| name"] {
        assert!(!shown.contains(raw), "{raw:?} in {shown}");
    }
    for part in ["Small", "done", "open", "```rust\nfn main() {}\n```", "bc"] {
        assert!(shown.contains(part), "{part:?} not in {shown}");
    }
    assert_eq!(shown.matches("```").count() % 2, 0, "{shown}");
}

#[tokio::test]
async fn a_long_summary_is_told_and_not_cut_off() {
    // Otherwise the card tells it.
    let config = json!({ "claude": { "silence_secs": 1 }, "discord": { "verbose": "off" } });
    let (discord, bot) = started(&config).await;
    let here = discord.general();
    let asked = discord.say(
        here,
        discord.owner(),
        "[[state compacting 5]] [[say after it]]",
    );
    bot.hears(&discord, asked, "Claude is summarizing it").await;
    bot.hears(&discord, asked, "after it").await;
    assert_eq!(bot.stop().await.outcomes(), ["answered"]);
}

#[tokio::test]
async fn refusals_with_one_status_are_told_apart() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    for (status, words) in [
        (
            "429 Extra usage is required for long context requests.",
            "long context",
        ),
        (
            "400 Your credit balance is too low to access the Anthropic API.",
            "no credit left",
        ),
        (
            "400 messages.3.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message \
             cannot be modified.",
            "history is damaged",
        ),
        (
            "429 You've hit your session limit · resets 4pm (UTC)",
            "usage limit",
        ),
    ] {
        let asked = discord.say(here, discord.owner(), &format!("[[status {status}]]"));
        let told = bot.hears(&discord, asked, words).await;
        assert!(!told.contains("temporarily"), "{told}");
        if words == "usage limit" {
            assert!(told.contains("It resets <t:"), "{told}");
        } else {
            bot.ask(&discord, here, "[[say on]]", "on").await;
        }
    }
    bot.stop().await;
}

/// A message of the bot with a button that it does not know.
async fn with_a_button(discord: &Loopback, custom_id: &str) -> Snowflake {
    let button = json!({ "type": 2, "style": 1, "label": "Retry", "custom_id": custom_id });
    let message =
        json!({ "content": "old", "components": [{ "type": 1, "components": [button] }] });
    let url = format!(
        "{}/api/v10/channels/{}/messages",
        discord.url(),
        discord.general()
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client
        .post(url)
        .header("Authorization", format!("Bot {}", discord.token()))
        .header("Content-Type", "application/json")
        .body(message.to_string());
    let sent = sent.send().await.unwrap().text().await.unwrap();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    sent["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_button_of_an_older_bot_is_answered_privately_in_time() {
    let (discord, bot) = started(&json!({})).await;
    for custom_id in ["retry:1234", "{\"action\":\"retry\"}", "c.1.", "\u{1f980}"] {
        let message = with_a_button(&discord, custom_id).await;
        let pressed = discord.press(message, custom_id, discord.owner());
        let answer = pressed.response(Duration::from_secs(3)).await.unwrap();
        assert_eq!(answer.ephemeral_to, Some(discord.owner()));
        assert!(answer.content.starts_with("This button no longer works"));
    }
    bot.stop().await;
}

#[tokio::test]
async fn what_waits_in_a_channel_that_is_gone_is_not_paid_for() {
    let (discord, bot) =
        started(&json!({ "discord": { "reactions": { "enabled": false } } })).await;
    let (here, owner) = (discord.general(), discord.owner());
    bot.ask(&discord, here, "[[say warm]]", "warm").await;
    let body = json!({ "code": 10_003, "message": "Unknown Channel" });
    let gone = Fault::json("POST /channels/*/messages", 404, &body);
    discord.inject(gone.channel(here).always());
    // Longer than the refusal takes, which ends it.
    discord.say(here, owner, "[[say unheard]] [[sleep 30]]");
    for number in 0..3 {
        discord.say(here, owner, &format!("[[say {number}]]"));
    }
    bot.log
        .wait_for("Unknown Channel", crate::support::DEADLINE)
        .await;
    let elsewhere = discord.say(discord.channel("rust"), owner, "[[say heard]]");
    bot.reply(&discord, elsewhere).await;
    assert_eq!(said(&discord, here), ["warm"]);
    let outcomes = bot.stop().await.outcomes();
    // What had begun before the refusal was known is stopped.
    assert!(outcomes.len() <= 4, "{outcomes:?}");
}
