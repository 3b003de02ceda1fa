//! Messages that are edited or deleted, and channels that are deleted:
//!
//! - a waiting message: the newest text runs once, a deleted one never, not even after a restart, and nothing is said of it
//! - a running message: its deletion stops it, unless configured otherwise
//! - a message that has run: a button runs it as it is now
//! - an edit that mentions the bot runs the message once; a preview changes nothing
//! - a deleted channel: what waits is dropped, and the process ends

use std::path::Path;

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, DEADLINE, Running, eventually, press, said};

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// Has Claude work until it is interrupted.
async fn busy(bot: &Running, discord: &Loopback, channel: Snowflake) -> Snowflake {
    bot.ask(discord, channel, "[[say warm]]", "warm").await;
    let before = discord.typing_calls(channel);
    let asked = discord.say(channel, discord.owner(), "[[hang]]");
    let typing = || (discord.typing_calls(channel) > before).then_some(());
    eventually("the typing", typing).await;
    asked
}

/// Waits until an edit or a deletion has reached the channel: later events follow it.
async fn settled(bot: &Running, discord: &Loopback, channel: Snowflake) {
    let other = discord.say(channel, discord.owner(), "!stop");
    bot.reply(discord, other).await;
}

#[tokio::test]
async fn the_newest_text_of_a_waiting_message_runs() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    busy(&bot, &discord, here).await;
    let edited = discord.say(here, owner, "[[say first]]");
    let previewed = discord.say(here, owner, "[[say as it was]] https://example.org");
    let deleted = discord.say(here, owner, "[[say deleted]]");
    discord.edit(edited, "[[say second]]");
    discord.edit(edited, "[[say third]]");
    discord.add_preview(previewed, &json!({ "title": "Example" }));
    discord.delete(deleted);
    settled(&bot, &discord, here).await;
    let last = discord.say(here, owner, "[[say last]]");
    bot.reply(&discord, last).await;
    let answers: Vec<_> = said(&discord, here)
        .into_iter()
        .filter(|text| !text.starts_with("Stopped"))
        .collect();
    assert_eq!(answers, ["warm", "third", "as it was", "last"]);
    let home = bot.stop().await;

    // Nothing of it runs later.
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let again = discord.say(here, owner, "[[context]]");
    let context = bot.reply(&discord, again).await.content;
    assert!(
        !context.contains("deleted") && !context.contains("first"),
        "{context}"
    );
}

#[tokio::test]
async fn a_deleted_waiting_message_leaves_the_queue_silently() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    busy(&bot, &discord, here).await;
    let deleted = discord.say(here, owner, "[[say taken back]]");
    discord.say(here, owner, "[[say kept]]");
    bot.ask(&discord, here, "!queue", "taken back").await;
    let before = discord.bot_messages(here).len();
    discord.delete(deleted);
    let left = bot.ask(&discord, here, "!queue", "1 message waits").await;
    assert!(left.contains("kept"), "{left}");
    let new = discord.bot_messages(here).split_off(before);
    assert_eq!(new.len(), 1, "{new:?}");
    bot.stop().await;
}

#[tokio::test]
async fn deleting_a_running_message_stops_it() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let asked = busy(&bot, &discord, here).await;
    discord.delete(asked);
    let stopped = bot.ask(&discord, here, "[[say next]]", "next").await;
    assert_eq!(stopped, "next");
    assert_eq!(said(&discord, here).last().unwrap(), "next");
    bot.stop().await;
}

#[tokio::test]
async fn a_deleted_message_may_be_finished() {
    let discord = discord().await;
    let config = json!({ "discord": { "stop_deleted": false } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say warm]]", "warm").await;
    let asked = discord.say(here, discord.owner(), "[[sleep 1]] [[say finished]]");
    eventually("the typing", || {
        (discord.typing_calls(here) > 1).then_some(())
    })
    .await;
    discord.delete(asked);
    bot.ask(&discord, here, "[[say next]]", "next").await;
    assert_eq!(said(&discord, here), ["warm", "finished", "next"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_button_runs_an_edited_message_again() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "[[say first]]");
    bot.reply(&discord, asked).await;
    discord.add_preview(asked, &json!({ "title": "Example" }));
    discord.edit(asked, "[[say second]]");
    bot.hears(&discord, asked, "You edited this message").await;
    discord.edit(asked, "[[say third]]");
    bot.ask(&discord, here, "[[say between]]", "between").await;
    let find = || {
        let mut messages = discord.bot_messages(here).into_iter();
        messages.find(|message| message.content.contains("You edited this message"))
    };
    let notice = find().unwrap();
    assert_eq!(notice.reply_to, Some(asked));
    let button = notice.components[0]["components"][0].clone();
    assert_eq!(button["label"], "Run again");
    let custom_id = button["custom_id"].as_str().unwrap();
    discord.press(notice.id, custom_id, discord.member());
    let pressed = discord.press(notice.id, custom_id, owner);
    pressed.acknowledged(DEADLINE).await.unwrap();
    bot.hears(&discord, asked, "third").await;
    eventually("the button to go", || {
        find()?.components.is_empty().then_some(())
    })
    .await;
    let texts: Vec<_> = said(&discord, here)
        .into_iter()
        .filter(|text| !text.contains("You edited"))
        .collect();
    assert_eq!(texts, ["first", "between", "third"]);
    bot.stop().await;
}

#[tokio::test]
async fn an_edit_that_adds_a_mention_runs_the_message_once() {
    let discord = discord().await;
    let config = json!({ "discord": { "respond": "mention" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, owner, me) = (discord.general(), discord.owner(), discord.bot());
    let plain = discord.say(here, owner, "[[say no]]");
    let later = discord.say(here, owner, "[[say forgotten]]");
    let mention = discord.say(here, owner, &format!("<@{me}> [[say first]]"));
    bot.reply(&discord, mention).await;
    discord.edit(plain, "[[say still no]]");
    discord.add_preview(later, &json!({ "title": "Example" }));
    discord.edit(later, &format!("<@{me}> [[say mentioned]]"));
    assert_eq!(bot.reply(&discord, later).await.content, "mentioned");
    discord.edit(later, &format!("<@{me}> [[say again]]"));
    bot.hears(&discord, mention, "You edited this message")
        .await;
    let texts: Vec<_> = said(&discord, here)
        .into_iter()
        .filter(|text| !text.contains("You edited"))
        .collect();
    assert_eq!(texts, ["first", "mentioned"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_deleted_channel_ends_what_runs_and_waits() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.add_channel("doomed");
    let owner = discord.owner();
    bot.ask(&discord, here, "[[say warm]]", "warm").await;
    let pid = bot.cli_pid(&discord, here).await;
    discord.say(here, owner, "[[hang]]");
    for number in 0..3 {
        discord.say(here, owner, &format!("[[say {number}]]"));
    }
    discord.delete_channel(here);
    eventually("the process to end", || {
        (!Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    })
    .await;
    let home = bot.stop().await;
    let outcomes = home.outcomes();
    assert_eq!(outcomes[0], "answered");
    assert!(outcomes.len() <= 2, "{outcomes:?}");
}

#[tokio::test]
async fn without_its_mention_an_edited_message_still_runs_again() {
    let discord = discord().await;
    let config = json!({ "discord": { "respond": "mention" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, owner, me) = (discord.general(), discord.owner(), discord.bot());
    let asked = discord.say(here, owner, &format!("<@{me}> [[say first]]"));
    bot.reply(&discord, asked).await;
    discord.edit(asked, "[[say second]]");
    press(&discord, here, owner, "Run again").await;
    bot.hears(&discord, asked, "second").await;
    bot.stop().await;
}

#[tokio::test]
async fn an_edit_that_adds_a_mention_is_run_after_a_restart_too() {
    let discord = discord().await;
    let config = json!({ "discord": { "respond": "mention" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, owner, me) = (discord.general(), discord.owner(), discord.bot());
    let plain = discord.say(here, owner, "[[say no]]");
    let command = discord.say(here, owner, &format!("<@{me}> !clear"));
    let cleared = bot.reply(&discord, command).await.content;
    let mention = discord.say(here, owner, &format!("<@{me}> [[say first]]"));
    bot.reply(&discord, mention).await;
    let home = bot.stop().await;

    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    discord.edit(command, &format!("<@{me}> !clear "));
    discord.edit(plain, &format!("<@{me}> [[say mentioned]]"));
    bot.hears(&discord, mention, "mentioned").await;
    discord.edit(plain, &format!("<@{me}> [[say again]]"));
    bot.hears(&discord, mention, "You edited this message")
        .await;
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["answered", "answered"]);
    let texts = said(&discord, here);
    let times = texts.iter().filter(|text| **text == cleared).count();
    assert_eq!(times, 1, "the command is not carried out again: {texts:?}");
}
