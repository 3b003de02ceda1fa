//! Requests for approval in direct messages to the approvers.
//!
//! * The channel reads only that one is open, then who decided; every copy says so too.
//! * A press there counts for whoever may decide in the channel, and for nobody twice.
//! * If nobody can be written to, the channel is asked.
//! * A stop, a time-out and a restart close every copy.

use loopback_discord::{Loopback, Message, Snowflake, View};
use serde_json::{Value, json};

use crate::{
    approvals::{config, press, ran, run, text, touch},
    support::{Bot, DEADLINE, Running, eventually, told},
};

/// The owner and another person decide, each in direct messages.
async fn started(more: &Value) -> (Loopback, Running, Snowflake) {
    let discord = Loopback::builder().start().await.unwrap();
    let other = discord.add_user("Approver");
    let mut settings = json!({ "approvers": { "users": [other] }, "approvals_to": "dm" });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    let bot = Bot::new(&discord).config(&config(&settings));
    let bot = bot.start(&discord).await;
    (discord, bot, other)
}

/// The newest card in a channel.
fn card(view: &View<'_>, channel: Snowflake) -> Option<Message> {
    let mut messages = view.bot_messages(channel).into_iter();
    messages.rfind(|message| {
        let is_about = |text: &str| text.contains(" asks to ") || text.contains(" permission");
        !message.embeds.is_empty() && is_about(text(message))
    })
}

/// Waits for the newest card in a channel to be as wanted.
async fn until(discord: &Loopback, channel: Snowflake, line: &str, is_open: bool) -> Message {
    let found = discord.wait_until(DEADLINE, line, |view| {
        let is_it =
            |card: &Message| card.components.is_empty() != is_open && text(card).contains(line);
        card(view, channel).filter(is_it)
    });
    found.await.unwrap()
}

/// Waits for an open request in direct messages.
pub(crate) async fn open(discord: &Loopback, person: Snowflake) -> Message {
    until(discord, discord.dm(person), " asks to ", true).await
}

/// Waits until the newest card in a channel is closed with this.
pub(crate) async fn closed(discord: &Loopback, channel: Snowflake, line: &str) -> Message {
    until(discord, channel, line, false).await
}

/// Waits until every card is closed with this.
async fn all_closed(discord: &Loopback, other: Snowflake, line: &str) {
    for channel in [
        discord.general(),
        discord.dm(discord.owner()),
        discord.dm(other),
    ] {
        closed(discord, channel, line).await;
    }
}

#[tokio::test]
async fn an_approver_decides_in_direct_messages() {
    let (discord, bot, other) = started(&json!({})).await;
    let asked = touch(&discord);
    let (mine, theirs) = (
        open(&discord, discord.owner()).await,
        open(&discord, other).await,
    );
    assert!(text(&mine).contains("touch made"), "{}", text(&mine));
    assert!(text(&mine).contains(&format!("<#{}>", discord.general())));
    let here = closed(&discord, discord.general(), "permission").await;
    assert!(!text(&here).contains("touch made"), "{}", text(&here));
    assert!(here.components.is_empty());
    // Of two who press at once, one decides.
    let presses = [(&mine, discord.owner()), (&theirs, other)];
    let presses = presses.map(|(card, by)| press(&discord, card, "Allow once", by));
    let mut kinds = Vec::new();
    for pressed in &presses {
        kinds.push(pressed.acknowledged(DEADLINE).await.unwrap().kind);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [4, 6]);
    ran(&bot, &discord, asked).await;
    all_closed(&discord, other, "✓ Allowed once by ").await;
    let here = closed(&discord, discord.general(), "✓ Allowed once by ").await;
    assert!(!text(&here).contains("touch made"), "{}", text(&here));
    bot.stop().await;
}

#[tokio::test]
async fn a_denial_with_a_reason_comes_from_direct_messages() {
    let (discord, bot, other) = started(&json!({ "approvals_to": "both" })).await;
    let asked = touch(&discord);
    let theirs = open(&discord, other).await;
    let here = until(&discord, discord.general(), " asks to ", true).await;
    assert!(text(&here).contains("touch made"), "{}", text(&here));
    let pressed = press(&discord, &theirs, "Deny with a reason", other);
    pressed.modal(DEADLINE).await.unwrap();
    let submitted = discord.submit(&pressed, &json!({ "reason": "not here" }));
    submitted.acknowledged(DEADLINE).await.unwrap();
    bot.hears_whole(&discord, asked, "not here").await;
    all_closed(&discord, other, "✗ Denied by Approver: not here").await;
    bot.stop().await;
}

#[tokio::test]
async fn the_channel_is_asked_if_nobody_can_be_written_to() {
    let (discord, bot, other) = started(&json!({})).await;
    discord.accept_dms(discord.owner(), false);
    discord.accept_dms(other, false);
    let asked = touch(&discord);
    let here = until(&discord, discord.general(), " asks to ", true).await;
    let pressed = press(&discord, &here, "Allow once", discord.member());
    assert!(
        told(&pressed)
            .await
            .starts_with("Only this bot's approvers")
    );
    let pressed = press(&discord, &here, "Allow once", other);
    assert_eq!(pressed.acknowledged(DEADLINE).await.unwrap().kind, 6);
    ran(&bot, &discord, asked).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_stop_and_a_time_out_close_every_copy() {
    let (discord, bot, other) = started(&json!({})).await;
    touch(&discord);
    open(&discord, other).await;
    discord.say(discord.general(), discord.owner(), "!stop");
    all_closed(&discord, other, "✗ Closed: Claude was stopped").await;
    bot.stop().await;
    let (discord, bot, other) = started(&json!({ "approval_timeout_secs": 2 })).await;
    let asked = discord.say(discord.general(), discord.owner(), &run("touch made"));
    all_closed(
        &discord,
        other,
        "✗ Denied: nobody decided within 2 seconds.",
    )
    .await;
    bot.hears_whole(&discord, asked, "Nobody decided").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_that_dies_closes_every_copy_when_it_is_back() {
    let (discord, bot, other) = started(&json!({})).await;
    touch(&discord);
    let copies = [
        open(&discord, discord.owner()).await,
        open(&discord, other).await,
    ];
    eventually("the copies to be on record", || {
        let record = bot.home().active()[discord.general().to_string()].to_string();
        let has = |copy: &Message| record.contains(&copy.id.to_string());
        copies.iter().all(has).then_some(())
    })
    .await;
    let home = bot.kill().await;
    let settings = json!({ "approvers": { "users": [other] }, "approvals_to": "dm" });
    let bot = Bot::new(&discord).home(&home).config(&config(&settings));
    let bot = bot.start(&discord).await;
    all_closed(&discord, other, "✗ Closed by a restart").await;
    let theirs = discord.bot_messages(discord.dm(other));
    assert_eq!(theirs.len(), 1, "the copy is edited");
    bot.ask(&discord, discord.general(), "[[say on]]", "on")
        .await;
    bot.stop().await;
}
