//! `!export`: the conversation as files, made from the CLI's transcript.
//!
//! - everybody who may talk there gets it, whole or its end, with people's own words and without secrets
//! - a fork is exported as far as it goes, and a cleared channel has nothing to export

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::{
    branches,
    support::{Bot, Running, files},
};

const KEY: &str = "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1";

/// Exports a conversation; the files as Markdown and JSON.
pub(crate) async fn export(
    bot: &Running,
    discord: &Loopback,
    (channel, by): (Snowflake, Snowflake),
    command: &str,
) -> (Message, String, Value) {
    let asked = discord.say(channel, by, command);
    let message = bot.reply(discord, asked).await;
    let names: Vec<_> = message
        .attachments
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["conversation.md", "conversation.json"],
        "{message:?}"
    );
    let [markdown, json] = files(discord, &message).await.try_into().unwrap();
    let json = serde_json::from_slice(&json).unwrap();
    (message, String::from_utf8(markdown).unwrap(), json)
}

/// Who said what.
pub(crate) fn said(json: &Value) -> Vec<(&str, &str)> {
    let turns = json["turns"].as_array().unwrap().iter();
    let said = turns.map(|turn| {
        let name = turn["author"]["name"].as_str().unwrap();
        (name, turn["text"].as_str().unwrap())
    });
    said.collect()
}

async fn say(bot: &Running, discord: &Loopback, by: Snowflake, text: &str, answer: &str) {
    let asked = discord.say(discord.general(), by, text);
    bot.hears_whole(discord, asked, answer).await;
}

#[tokio::test]
async fn a_conversation_is_exported_with_peoples_own_words() {
    let discord = Loopback::builder().start().await.unwrap();
    let rules = json!({ "allowed_tools": ["Bash(echo hi)"] });
    let bot = Bot::new(&discord)
        .env("ANTHROPIC_API_KEY", KEY)
        .config(&rules);
    let bot = bot.start(&discord).await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let nothing = "There is no conversation to export here yet.";
    say(&bot, &discord, member, "!export", nothing).await;
    let tool = r#"[[tool Bash {"command":"echo hi"}]] [[say one]]"#;
    say(&bot, &discord, owner, tool, "one").await;
    let secret = format!("[[say two]] {KEY}");
    say(&bot, &discord, member, &secret, "two").await;

    let (message, markdown, json) = export(&bot, &discord, (here, member), "!export").await;
    assert_eq!(
        message.content,
        "The conversation, 2 turns, to read and as JSON."
    );
    let names = [owner, member].map(|user| discord.user(user).unwrap().display_name);
    let redacted = "[[say two]] [redacted]";
    assert_eq!(
        said(&json),
        [(names[0].as_str(), tool), (&names[1], redacted)]
    );
    assert_eq!(json["turns"][0]["author"]["id"], owner.to_string());
    let called = json!({ "tool": "Bash", "input": { "command": "echo hi" }, "result": "hi", "is_error": false });
    let answer = &json["turns"][0]["answer"];
    assert_eq!(
        answer,
        &json!([{ "text": "step 1" }, called, { "text": "one" }])
    );
    assert!(
        !markdown.contains("EXTERNAL CONTENT") && !markdown.contains(KEY),
        "{markdown}"
    );
    let end = format!("\n\n{redacted}\n\n## Claude\n\ntwo\n");
    assert!(
        markdown.contains("- Ran `echo hi`\n") && markdown.ends_with(&end),
        "{markdown}"
    );

    let (message, _, json) = export(&bot, &discord, (here, owner), "!export 1").await;
    assert_eq!(
        message.content,
        "The end of the conversation, 1 turn, to read and as JSON."
    );
    assert_eq!(said(&json), [(names[1].as_str(), redacted)]);
    let wrong =
        "`0` is not a number of turns. Write one such as `!export 5`, or leave it out for all.";
    say(&bot, &discord, owner, "!export 0", wrong).await;
    let slash = json!({ "turns": "2" });
    let answer = bot.slash_answer(&discord, (here, member), "export", &slash);
    assert_eq!(
        answer.await,
        "The end of the conversation, 2 turns, to read and as JSON."
    );
    say(&bot, &discord, owner, "!clear", "Cleared").await;
    say(&bot, &discord, member, "!export", nothing).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_fork_is_exported_as_far_as_it_goes() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "[[say one]]");
    let one = bot.reply_with(&discord, asked, "one").await.id;
    say(&bot, &discord, owner, "[[say two]]", "two").await;
    let thread = branches::fork(&bot, &discord, one).await;
    let who = (thread, discord.member());
    let words = |json: &Value| {
        said(json)
            .into_iter()
            .map(|(_, text)| text.to_owned())
            .collect::<Vec<_>>()
    };
    let (_, _, json) = export(&bot, &discord, who, "!export").await;
    assert_eq!(
        words(&json),
        ["[[say one]]"],
        "before it has a session of its own"
    );
    let asked = discord.say(thread, owner, "[[say aside]]");
    bot.reply_with(&discord, asked, "aside").await;
    let (_, _, json) = export(&bot, &discord, who, "!export").await;
    assert_eq!(words(&json), ["[[say one]]", "[[say aside]]"]);
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let (_, _, json) = export(&bot, &discord, (here, owner), "!export").await;
    assert_eq!(words(&json), ["[[say one]]", "[[say two]]"]);
    bot.stop().await;
}
