//! Answers that are too much for a channel, or for Discord.
//!
//! * Hundreds of texts take a few posts, and what is too long for the channel comes as a file.
//! * While Discord takes no posts, no more are made.

use loopback_discord::Loopback;
use serde_json::json;

use crate::support::{Bot, DEADLINE, eventually, said};

const SEND: &str = "POST /channels/*/messages";

/// A question to which the stand-in answers with so many texts.
fn texts(count: usize) -> String {
    let texts: Vec<_> = (0..count).map(|number| (number % 10).to_string()).collect();
    format!("[[blocks {}|the end]]", texts.join("|"))
}

#[tokio::test]
async fn hundreds_of_texts_do_not_flood_a_channel() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let short = json!({ "discord": { "long_answer_chars": 500 } });
    let bot = Bot::new(&discord).config(&short).start(&discord).await;
    let asked = discord.say(here, discord.owner(), &texts(800));
    bot.hears_whole(&discord, asked, "the end").await;
    let posted = said(&discord, here);
    assert_eq!(posted.len(), 22, "{posted:#?}");
    assert_eq!(posted[..3], ["0", "1", "2"]);
    assert!(posted[20].starts_with("0\n\n1\n\n2"), "{posted:#?}");
    assert_eq!(posted[21], "the end");
    let messages = discord.bot_messages(here);
    let files: Vec<_> = messages.iter().flat_map(|it| &it.attachments).collect();
    assert_eq!(files.len(), 1, "{messages:#?}");
    let whole = vec!["0"; 780].join("\n\n");
    assert_eq!((&*files[0].name, files[0].size), ("answer.md", whole.len()));
}

#[tokio::test]
async fn messages_wait_while_discord_takes_no_posts() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let hold = discord.hold(SEND);
    for turns in 1..=2 {
        discord.say(here, discord.owner(), &texts(25));
        let booked = || (bot.home().outcomes().len() == turns).then_some(());
        eventually("the turn to be booked", booked).await;
    }
    let asked = discord.say(here, discord.owner(), "[[say later]]");
    bot.log
        .wait_for("a message waits until Discord takes", DEADLINE)
        .await;
    hold.release();
    assert_eq!(bot.reply(&discord, asked).await.content, "later");
    let all = said(&discord, here);
    assert_eq!(all.len(), 2 * 22 + 1, "{all:#?}");
    assert_eq!((&*all[21], &*all[43]), ("the end", "the end"));
}
