//! The mode `collect`: what arrives while Claude works becomes one turn, each message with its author.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, buttons, eventually};

/// A tool call that ends once the file `go` is there.
const SLOW: &str = r#"[[tool Bash {"command": "touch began; until [ -e go ]; do sleep 0.02; done"}]] [[say first]]"#;

fn config() -> Value {
    json!({
        "allowed_tools": ["Bash"],
        "discord": { "approvals": "off", "verbose": "off", "queue": { "mode": "collect" } },
    })
}

fn workspace(discord: &Loopback, name: &str) -> String {
    format!("workspaces/{}/{name}", discord.general())
}

/// Claude works, and two people write meanwhile. Returns their messages.
async fn waiting(discord: &Loopback, bot: &Running, last: &str) -> [Snowflake; 3] {
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let first = discord.say(here, owner, SLOW);
    let began = bot.home().path().join(workspace(discord, "began"));
    eventually("the tool to run", || began.exists().then_some(())).await;
    let one = discord.say(here, member, "the sea is red");
    let two = discord.say(here, owner, last);
    let asked = discord.say(here, owner, "!queue");
    bot.hears(discord, asked, "2 messages wait here:").await;
    [first, one, two]
}

fn go(discord: &Loopback, home: &Home) {
    home.write(&workspace(discord, "go"), "");
}

#[tokio::test]
async fn what_arrives_while_claude_works_becomes_one_turn() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(&config()).start(&discord).await;
    let [first, one, two] = waiting(&discord, &bot, "[[raw]]").await;
    go(&discord, bot.home());
    bot.hears_whole(&discord, first, "first").await;
    let raw = bot.reply(&discord, two).await.content;
    let blocks: Value = serde_json::from_str(&raw).unwrap_or_else(|error| panic!("{error}: {raw}"));
    let text = |at: usize| blocks[at]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text(0).starts_with("Several messages arrived"), "{raw}");
    assert!(text(1).contains(&format!("Discord user {}", discord.member())));
    assert_eq!(text(2), "the sea is red");
    assert!(text(4).contains(&format!("Discord user {}", discord.owner())));
    assert_eq!(text(5), "[[raw]]");
    let replies = discord.bot_messages(discord.general());
    let to_one = replies.iter().find(|reply| reply.reply_to == Some(one));
    assert!(to_one.is_none(), "the answer replies to the last");
    let ledger = bot.home().ledger();
    assert_eq!(bot.home().outcomes(), ["answered", "answered"]);
    assert_eq!(ledger[1]["message"], two.to_string());
    assert_eq!(ledger[1]["together"], json!([one]));
    assert_eq!(ledger[1]["author"], discord.owner().to_string());

    // A branch continues from any of the messages.
    for message in [one, two] {
        let asked = discord.say_reply(message, discord.owner(), "!fork");
        bot.hears(&discord, asked, "Branched off").await;
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_that_dies_offers_each_collected_message_again() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(&config()).start(&discord).await;
    let [_, one, two] = waiting(&discord, &bot, "[[hang]]").await;
    go(&discord, bot.home());
    eventually("both turns to be open", || {
        let record = &bot.home().active()[discord.general().to_string()];
        let open = record["state"]["open_turns"].as_array()?;
        let messages: Vec<_> = open.iter().map(|open| &open["message"]).collect();
        (messages == [&json!(one), &json!(two)]).then_some(())
    })
    .await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).config(&config()).home(&home);
    let bot = bot.start(&discord).await;
    for message in [one, two] {
        let notice = discord.wait_until(DEADLINE, "a notice", |view| {
            let mut replies = view.replies_to(message).into_iter();
            replies.find(|reply| reply.content.contains("I was restarted"))
        });
        assert_eq!(buttons(&notice.await.unwrap()).len(), 1);
    }
    bot.ask(&discord, discord.general(), "[[say last]]", "last")
        .await;
    bot.stop().await;
}
