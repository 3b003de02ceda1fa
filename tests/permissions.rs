//! Permissions that the bot lacks.
//!
//! * Without Embed Links a card comes as text, without Attach Files a note stands for a file; all else goes on.

use loopback_discord::{Loopback, Permissions};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Home, said};

#[tokio::test]
async fn without_embed_links_a_card_is_text() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    discord.set_bot_permissions(here, Permissions::EVERYONE - Permissions::EMBED_LINKS);
    for _ in 0..2 {
        let asked = discord.say(here, discord.owner(), "[[tool Nothing {}]] [[say done]]");
        bot.hears(&discord, asked, "done").await;
        bot.hears(&discord, asked, "1 step").await;
    }
    let messages = discord.bot_messages(here);
    assert!(messages.iter().all(|message| message.embeds.is_empty()));
    assert!(!bot.log.text().contains("nothing is sent"));
    // The permission is granted: cards come again.
    discord.set_bot_permissions(here, Permissions::EVERYONE);
    discord.say(here, discord.owner(), "[[tool Nothing {}]] [[say done]]");
    let card = discord.wait_until(DEADLINE, "a card", |view| {
        let mut messages = view.bot_messages(here).into_iter();
        messages.any(|message| !message.embeds.is_empty())
    });
    card.await.unwrap();
    bot.stop().await;
}

#[tokio::test]
async fn without_attach_files_a_note_names_the_file() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let here = discord.general();
    home.write(&format!("workspaces/{here}/a.txt"), "hello");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    discord.set_bot_permissions(here, Permissions::EVERYONE - Permissions::ATTACH_FILES);
    let input = json!({ "path": "a.txt", "caption": "the file" });
    let text = format!("[[tool mcp__switchboard__send_file {input}]][[told]]");
    let told = bot.ask(&discord, here, &text, "may not attach").await;
    assert!(told.starts_with("not posted"), "{told}");
    let note = "the file\n-# I couldn't post `a.txt`: the bot lacks the **Attach Files**";
    let said = said(&discord, here);
    assert!(said.iter().any(|text| text.starts_with(note)), "{said:?}");
    bot.ask(&discord, here, "[[say on]]", "on").await;
    bot.stop().await;
}
