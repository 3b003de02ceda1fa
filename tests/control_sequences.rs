//! What terminals obey and Discord shows as rubbish: colors, links, titles, bells.
//!
//! * None of it reaches the channel, in answers, on cards or from the CLI's stderr; the words around it do.
//! * Blocks of `ansi` code keep their colors, which Discord shows.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

use loopback_discord::Loopback;
use serde_json::json;

use crate::support::{Bot, Home, eventually};

/// Colors, a link, a title and a bell, the first two also with an introducer of one character.
const COLORED: &str = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]8;;https://example.org\u{1b}\\link\u{1b}]8;;\u{1b}\\ \
    \u{1b}]0;title\u{7}and\u{7} \u{9b}32mgreen\u{9b}0m \u{9d}8;;x\u{9c}end";

const BARE: &str = "red link and green end";

#[tokio::test]
async fn answers_come_without_control_sequences() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let here = discord.general();
    let colored = "```ansi\n\u{1b}[32mok\u{1b}[0m\n```";
    let text = format!("{COLORED}\n{colored}\n{COLORED}");
    home.write(&format!("workspaces/{here}/log.txt"), &text);
    let config = json!({ "allowed_tools": ["Bash"], "discord": { "verbose": "full" } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    // All at once, and token by token.
    for asked in ["[[say-file log.txt]]", "[[pace 5]] [[say-file log.txt]]"] {
        let asked = discord.say(here, discord.owner(), asked);
        let answer = bot.reply(&discord, asked).await.content;
        assert_eq!(answer, format!("{BARE}\n{colored}\n{BARE}"));
    }
    let shown = r#"[[tool Bash {"command": "cat log.txt"}]] [[hang]]"#;
    discord.say(here, discord.owner(), shown);
    let card = eventually("the output on the card", || {
        let messages = discord.bot_messages(here).into_iter();
        let mut cards =
            messages.filter_map(|it| Some(it.embeds.first()?["description"].to_string()));
        cards.find(|card| card.contains("Ran `cat log.txt`"))
    });
    let card = card.await;
    assert!(card.contains("red link and green end"), "{card}");
    assert!(
        !card.contains("\\u001b") && !card.contains('\u{9b}'),
        "{card}"
    );
    bot.kill().await;
}

#[tokio::test]
async fn an_error_comes_without_control_sequences() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    home.write("error", COLORED);
    home.write(
        "wrapper",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec \"$HOME/claude-stand-in\" --version\ncat \"$HOME/error\" >&2\nexit 3\n",
    );
    let wrapper = home.path().join("wrapper");
    std::fs::set_permissions(&wrapper, Permissions::from_mode(0o700)).unwrap();
    let config = json!({ "claude": { "bin": wrapper } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    let told = bot
        .ask(
            &discord,
            discord.general(),
            "hello",
            "Claude could not be started",
        )
        .await;
    assert!(told.ends_with(&format!("```\n{BARE}\n```")), "{told}");
    bot.stop().await;
}
