//! Which models a channel can be set to.
//!
//! - what the CLI lists is offered, suggested and taken, once a process has told it
//! - a list in the configuration is the limit, also of what was chosen before

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, DEADLINE};

async fn suggested(discord: &Loopback, channel: Snowflake, typed: &str) -> Vec<String> {
    let options = json!({ "name": typed });
    let typing = discord.autocomplete(channel, discord.owner(), "model", &options, "name");
    let choices = typing.choices(DEADLINE).await.unwrap();
    let names = choices.iter().map(|choice| choice["value"].as_str());
    names.map(|name| name.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_models_that_the_cli_lists_can_be_chosen() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let is_registered = discord.wait_until(DEADLINE, "the slash commands", |view| {
        !view.commands().is_empty()
    });
    is_registered.await.unwrap();
    let known = ["haiku", "sonnet", "opus"];
    assert_eq!(suggested(&discord, here, "").await, known);
    bot.ask(&discord, here, "[[say oak]]", "oak").await;
    let listed = ["haiku", "sonnet", "opus", "fable"];
    assert_eq!(suggested(&discord, here, "").await, listed);
    assert_eq!(suggested(&discord, here, "FA").await, ["fable"]);
    // Another channel has not had a process.
    let other = discord.channel("rust");
    let shown = "Available models: `haiku`, `sonnet`, `opus`, `fable`.";
    bot.ask(&discord, other, "!model", shown).await;
    bot.ask(
        &discord,
        other,
        "!model Fable",
        "uses `fable` from the next",
    )
    .await;
    bot.ask(&discord, other, "[[say elm]]", "elm").await;
    let home = bot.stop().await;
    let last = home.ledger().pop().unwrap();
    assert_eq!(last["model_used"], "claude-fable-5-2", "{last}");

    // It stays chosen, although no process has listed it yet.
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, other, "!model", "uses `fable`").await;
    bot.ask(&discord, other, "!model", shown).await;
    bot.ask(&discord, other, "!model fable", "already uses `fable`")
        .await;
    let home = bot.stop().await;

    // What the configuration lists is the limit.
    let config = json!({ "models": ["haiku", "sonnet"] });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    bot.ask(&discord, other, "!model", "This channel uses `sonnet`")
        .await;
    bot.ask(&discord, other, "[[say ash]]", "ash").await;
    assert_eq!(suggested(&discord, other, "").await, ["haiku", "sonnet"]);
    bot.ask(&discord, other, "!model fable", "Unknown model `fable`")
        .await;
    let home = bot.stop().await;
    let last = home.ledger().pop().unwrap();
    assert_eq!(last["model_used"], "claude-sonnet-5-5", "{last}");
}
