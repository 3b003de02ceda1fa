//! No message lost, none answered twice: what the bot does about its own absence and its own end.
//!
//! * [`backfill`]: what is said while it is away is answered when it is back, once, in order, within bounds.
//! * [`cut_off`]: a turn that ends with the bot is told of, with a button that runs it again, once.
//! * [`dedup`]: what was dealt with before stays so, whoever delivers it again.
//! * [`known`]: a channel in which nothing was said meanwhile is not asked for what was missed.
//! * [`threads`]: a thread is let in and set up like the channel that it belongs to.

mod backfill;
mod cut_off;
mod dedup;
mod known;
mod threads;

use loopback_discord::{Loopback, Message, Snowflake};

use serde_json::Value;

use crate::support::{Bot, DEADLINE, Home, Running, eventually};

/// Runs until the bot is ended in its middle: something is said, then nothing for long enough.
const LONG: &str = "[[tool Nothing {}]] [[sleep 5]] [[say done]]";

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// Starts a bot where another has lived before.
async fn again(discord: &Loopback, home: &Home) -> Running {
    Bot::new(discord).home(home).start(discord).await
}

/// Waits for the words that a message was cut off, with their button.
async fn notice(bot: &Running, discord: &Loopback, message: Snowflake) -> Message {
    let found = discord.wait_until(DEADLINE, "a button", |view| {
        let mut replies = view.replies_to(message).into_iter();
        replies.find(|reply| custom_id(reply).is_some())
    });
    found
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()))
}

/// Waits until all that was answered is noted as delivered: a kill from then on finds nothing open.
async fn at_rest(home: &Home) {
    eventually("all answers to be noted", || {
        let active = home.active();
        let records = active.as_object()?;
        let is_open = |record: &Value| record["state"].get("open_turns").is_some();
        (!records.values().any(is_open)).then_some(())
    })
    .await;
}

/// The `custom_id` of a message's button.
fn custom_id(message: &Message) -> Option<String> {
    let id = message.components.first()?["components"][0]["custom_id"].as_str()?;
    Some(id.to_owned())
}

/// The same for a message that has one.
fn button(message: &Message) -> String {
    custom_id(message).expect("a message with a button")
}

/// Whether any reply to a message still has a button.
fn has_button(discord: &Loopback, message: Snowflake) -> bool {
    discord.look(|view| {
        let mut replies = view.replies_to(message).into_iter();
        replies.any(|reply| custom_id(&reply).is_some())
    })
}

/// Says something and waits until the bot has said something about it that holds `expected`.
async fn until_said(
    bot: &Running,
    discord: &Loopback,
    (channel, user): (Snowflake, Snowflake),
    words: &str,
    expected: &str,
) -> Snowflake {
    let asked = discord.say(channel, user, words);
    bot.hears(discord, asked, expected).await;
    asked
}
