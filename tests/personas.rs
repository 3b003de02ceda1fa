//! `!persona`: who Claude is in a channel.
//!
//! - an admin chooses among the folders in the personality folder; the next message has it, in the same session
//! - the configuration limits what can be chosen, and says what a channel begins with; a thread has its channel's
//! - changed files are read anew

use loopback_discord::Loopback;
use serde_json::json;

use crate::support::{Bot, DEADLINE, Home};

/// A home with three personas.
fn home() -> Home {
    let home = Home::new();
    home.write("personality/pirate/SOUL.md", "You are Grace, a pirate.\n");
    home.write("personality/poet/SOUL.md", "You are Emily, a poet.\n");
    home
}

#[tokio::test]
async fn an_admin_chooses_who_claude_is() {
    let discord = Loopback::builder().start().await.unwrap();
    let (here, member) = (discord.general(), discord.member());
    let bot = Bot::new(&discord).home(&home()).start(&discord).await;
    bot.ask(&discord, here, "[[args]]", "Ada").await;
    let session = bot.home().active()[here.to_string()]["session_id"].clone();
    let shown = bot
        .ask(&discord, here, "!persona", "Claude is `default`")
        .await;
    assert!(
        shown.contains("Available: `default`, `pirate`, `poet`."),
        "{shown}"
    );
    let by_member = discord.say(here, member, "!persona pirate");
    bot.hears(&discord, by_member, "Only this bot's admins")
        .await;
    bot.ask(&discord, here, "!persona nobody", "no persona “nobody”")
        .await;
    bot.ask(&discord, here, "!persona Pirate", "Claude is `pirate`")
        .await;
    let arguments = bot.ask(&discord, here, "[[args]]", "Grace").await;
    assert!(!arguments.contains("Ada"), "{arguments}");
    bot.ask(&discord, here, "!status", "**Persona** `pirate`")
        .await;
    let other = discord.channel("rust");
    bot.ask(&discord, other, "[[args]]", "Ada").await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, here, "[[args]]", "Grace").await;
    assert_eq!(bot.home().active()[here.to_string()]["session_id"], session);

    bot.ask(&discord, here, "!persona reload", "have not changed")
        .await;
    bot.home()
        .write("personality/pirate/SOUL.md", "You are Mary, a pirate.\n");
    bot.ask(&discord, here, "!persona reload", "are read anew")
        .await;
    bot.ask(&discord, here, "[[args]]", "Mary").await;
    std::fs::remove_file(bot.home().path().join("personality/IDENTITY.md")).unwrap();
    bot.ask(&discord, here, "!persona reload", "could not be read")
        .await;
    bot.ask(&discord, here, "[[args]]", "Mary").await;
}

#[tokio::test]
async fn the_configuration_says_which_personas_a_channel_may_have() {
    let discord = Loopback::builder().start().await.unwrap();
    let (here, owner) = (discord.general(), discord.owner());
    let other = discord.channel("rust");
    let config = json!({
        "personas": ["default", "poet"],
        "channels": { here.to_string(): { "personas": ["pirate"] } },
    });
    let bot = Bot::new(&discord).home(&home()).config(&config);
    let bot = bot.start(&discord).await;
    bot.ask(&discord, here, "[[args]]", "Grace").await;
    bot.ask(&discord, here, "!persona poet", "Available: `pirate`.")
        .await;
    let suggested = async |channel, typed: &str| {
        let options = json!({ "name": typed });
        let typing = discord.autocomplete(channel, owner, "persona", &options, "name");
        let choices = typing.choices(DEADLINE).await.unwrap();
        let names = choices
            .iter()
            .map(|choice| choice["value"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(suggested(other, "").await, ["default", "poet", "reload"]);
    assert_eq!(suggested(other, "PO").await, ["poet"]);
    assert_eq!(suggested(here, "p").await, ["pirate"]);
    bot.ask(&discord, other, "!persona poet", "Claude is `poet`")
        .await;
    bot.ask(&discord, other, "[[args]]", "Emily").await;
    let answer = bot.ask(&discord, other, "[[say oak]]", "oak").await;
    assert_eq!(answer, "oak");
    let thread = discord.add_thread(other, "a thread");
    bot.ask(&discord, thread, "[[args]]", "Emily").await;
    // A reload of the personas is one of theirs alone: what the owner is about to change in the configuration does not count.
    for unfinished in [r#"{ "personas": ["nobody"] }"#, "{"] {
        bot.home().write("config.json", unfinished);
        bot.ask(&discord, other, "!persona reload", "have not changed")
            .await;
    }
    bot.home()
        .write("personality/poet/SOUL.md", "You are Maya, a poet.\n");
    bot.ask(&discord, other, "!persona reload", "are read anew")
        .await;
    bot.ask(&discord, other, "[[args]]", "Maya").await;
}

#[tokio::test]
async fn a_persona_that_does_not_exist_is_refused_at_the_start() {
    let home = home();
    home.write(
        "config.json",
        &json!({ "personas": ["nobody"] }).to_string(),
    );
    let checked = home.run(&["check"]).await;
    assert!(checked.out.contains("no folder nobody"), "{checked:?}");
}
