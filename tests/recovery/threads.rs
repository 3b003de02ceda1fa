//! Threads.

use loopback_discord::Loopback;
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
        // The answer is longer than a message, and the allow rules stand at its end.
        let arguments = discord.wait_until(DEADLINE, "the arguments", |view| {
            let said = view.bot_messages(thread);
            let all: String = said.into_iter().map(|message| message.content).collect();
            all.contains("--allowedTools").then_some(all)
        });
        let arguments = arguments
            .await
            .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
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
