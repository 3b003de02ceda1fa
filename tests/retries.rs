//! Turns that end before they are done, or without an answer: each has a Retry button.
//!
//! * A turn that was cut off goes on in its session, and Claude is told that work on the message may be there.
//! * A process whose budget is spent gives way to a new one.
//! * A file or a reaction is an answer, too.

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Home, Running, offered, press, said};

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say before]]", "before").await;
    (discord, bot)
}

/// Asks for a turn that ends with a notice, and looks at its button and the reaction.
async fn fails(discord: &Loopback, bot: &Running, words: &str, notice: &str) -> Snowflake {
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), words);
    let told = bot.hears(discord, asked, notice).await;
    assert!(told.contains("ress **Retry**"), "{told}");
    assert_eq!(offered(discord, here).unwrap().1, ["Retry"]);
    let failed = discord.wait_until(DEADLINE, "the reaction", |view| {
        let reactions = view.message(asked)?.reactions;
        reactions
            .iter()
            .any(|it| it.emoji == "\u{274c}")
            .then_some(())
    });
    failed.await.unwrap();
    asked
}

#[tokio::test]
async fn a_turn_cut_off_by_a_limit_continues_in_its_session() {
    let (discord, bot) = started().await;
    let here = discord.general();
    for (directive, notice) in [
        ("max-turns", "the limit of steps per turn"),
        ("budget", "the budget"),
    ] {
        let words = format!("[[once {directive}]] [[raw]]");
        let before = bot.cli_pid(&discord, here).await;
        let asked = fails(&discord, &bot, &words, notice).await;
        press(&discord, here, discord.owner(), "Retry").await;
        let raw = bot
            .hears(&discord, asked, "They want this message run again")
            .await;
        assert!(raw.contains(&words), "{raw}");
        let is_same = bot.cli_pid(&discord, here).await == before;
        assert_eq!(is_same, directive == "max-turns", "{directive}");
    }
    let asked = discord.say(here, discord.owner(), "[[context]]");
    let context = bot.reply(&discord, asked).await.content;
    assert_eq!(context.matches("max-turns").count(), 2, "{context}");
    let home = bot.stop().await;
    assert_eq!(
        home.outcomes(),
        [
            "answered",
            "too_many_steps",
            "answered",
            "budget_spent",
            "answered",
            "answered"
        ]
    );
}

#[tokio::test]
async fn a_silent_turn_can_be_retried() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let asked = fails(&discord, &bot, "[[once empty]] hello", "no answer").await;
    press(&discord, here, discord.owner(), "Retry").await;
    bot.hears(&discord, asked, "): hello").await;
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["answered", "silent", "answered"]);
}

#[tokio::test]
async fn a_file_or_a_reaction_alone_is_an_answer() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let here = discord.general();
    home.write(&format!("workspaces/{here}/a.txt"), "hello");
    // The texts before a tool are not posted.
    let config = json!({ "discord": { "stream": "final" } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    for (tool, input) in [
        ("send_file", json!({ "path": "a.txt", "caption": "here" })),
        ("react", json!({ "emoji": "\u{1f44d}" })),
    ] {
        let words = format!("[[tool mcp__switchboard__{tool} {input}]] [[empty]]");
        discord.say(here, discord.owner(), &words);
    }
    bot.ask(&discord, here, "[[say after]]", "after").await;
    assert_eq!(said(&discord, here), ["here", "after"]);
    bot.stop().await;
}
