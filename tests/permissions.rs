//! Permissions that the bot lacks.
//!
//! * Without Embed Links a card comes as text, without Attach Files a note stands for a file; all else goes on.
//! * Where it may not post, nothing is paid, also after a restart, until that has changed.

use loopback_discord::{Loopback, Permissions};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Home, eventually, said};

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
    let note = "the file\n-# I couldn't post `a.txt`: I lack the **Attach Files**";
    let said = said(&discord, here);
    assert!(said.iter().any(|text| text.starts_with(note)), "{said:?}");
    bot.ask(&discord, here, "[[say on]]", "on").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_channel_stays_unpaid_over_a_restart_until_posting_is_granted() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let all = discord.bot_permissions(here);
    discord.set_bot_permissions(here, all - Permissions::SEND_MESSAGES);
    discord.say(here, owner, "[[say two]]");
    let lacks = "the bot lacks a permission here";
    bot.log.wait_for(lacks, DEADLINE).await;
    let home = bot.stop().await;
    let paid = home.outcomes();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let not_run = "not run: the bot lacks a permission";
    discord.say(here, owner, "[[say three]]");
    bot.log.wait_for(not_run, DEADLINE).await;
    // A role changes, but grants nothing.
    discord.set_role_permissions(discord.bot_role(), Permissions::MANAGE_MESSAGES);
    discord.say(here, owner, "[[say four]]");
    eventually("the next to be left too", || {
        (bot.log.text().matches(not_run).count() == 2).then_some(())
    })
    .await;
    assert_eq!(bot.home().outcomes(), paid);
    // The bot gets a role that grants it.
    let role = discord.add_role("writers");
    discord.set_bot_permissions(here, all);
    let member = json!({
        "guild_id": discord.guild(), "roles": [role], "joined_at": "2026-11-21T16:00:00Z", "deaf": false,
        "mute": false, "flags": 0, "avatar": null,
        "user": { "id": discord.bot(), "username": "b", "discriminator": "0", "avatar": null, "bot": true },
    });
    discord.gateway().dispatch("GUILD_MEMBER_UPDATE", &member);
    bot.ask(&discord, here, "[[say five]]", "five").await;
    bot.stop().await;
}
