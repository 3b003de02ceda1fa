//! Answers come while the real CLI writes them.
//!
//! - the first words come before the end, and the whole text stands there at the end
//! - the texts of an answer with tools are posts of their own, and come in order
//! - `!stream block` shows finished texts alone, `!stream final` the last one alone

use crate::support::{DEADLINE, said};

use super::world::World;

on_both_versions!(
    an_answer_grows_and_is_whole_at_the_end,
    texts_with_a_tool_come_in_order,
    only_whole_texts_come_where_they_are_wanted
);

async fn an_answer_grows_and_is_whole_at_the_end(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let words: Vec<_> = (0..60).map(|number| format!("word{number}")).collect();
    let words = words.join(" ");
    let asked = world.say(&format!("[[slow 12]]{words}"));
    let expected = format!("echo(1): {words}");
    let discord = &world.discord;
    let first = discord.wait_until(DEADLINE, "first words", |view| view.replies_to(asked).pop());
    let first = first.await.unwrap();
    assert!(first.content.len() < expected.len(), "{}", first.content);
    let whole = discord.wait_until(DEADLINE, "the whole", |view| {
        let mut replies = view.replies_to(asked).into_iter();
        replies.find(|reply| reply.content == expected)
    });
    let whole = whole.await.unwrap();
    assert_eq!(whole.id, first.id);
    for version in &whole.history {
        assert!(expected.starts_with(version.as_str()), "{version}");
    }
    assert_eq!(said(discord, discord.general()).len(), 1);
    world.stop(bot).await;
}

async fn texts_with_a_tool_come_in_order(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let asked = world.say(r#"[[tool Read {"file_path": "nothing"}]][[blocks one|two]]"#);
    let discord = &world.discord;
    let here = discord.general();
    let texts = discord.wait_until(DEADLINE, "two texts", |view| {
        let mut said = view.bot_messages(here);
        said.retain(|message| ["one", "two"].contains(&message.content.as_str()));
        (said.len() >= 2).then_some(said)
    });
    let texts = texts.await.unwrap();
    let shown: Vec<_> = texts
        .iter()
        .map(|message| (message.content.as_str(), message.reply_to))
        .collect();
    assert_eq!(shown, [("one", Some(asked)), ("two", None)]);
    world.stop(bot).await;
}

async fn only_whole_texts_come_where_they_are_wanted(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let here = world.discord.general();
    let words = r#"[[blocks first words]][[tool Read {"file_path": "nothing"}]][[slow 12]]"#;
    for (mode, texts) in [("block", 2), ("final", 1)] {
        world.ask(&bot, &format!("!stream {mode}")).await;
        let before = said(&world.discord, here).len();
        let asked = world.say(words);
        bot.hears_whole(&world.discord, asked, "tool said: ").await;
        let shown = &said(&world.discord, here)[before..];
        assert_eq!(shown.len(), texts, "{shown:?}");
        assert_eq!(
            shown.contains(&"first words".to_owned()),
            mode == "block",
            "{shown:?}"
        );
    }
    let all = world.discord.bot_messages(here);
    let edited = all
        .iter()
        .filter(|message| message.embeds.is_empty() && !message.history.is_empty());
    assert_eq!(edited.count(), 0, "{all:?}");
    world.stop(bot).await;
}
