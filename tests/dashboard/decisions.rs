//! Approvals that are decided at the dashboard.

use loopback_discord::Loopback;
use serde_json::{Value, json};

use super::{Desk, file, status};
use crate::{
    approvals::{closed, config, open, press, ran, touch},
    support::{DEADLINE, Need, skip_without},
};

async fn started(discord: &Loopback) -> Desk {
    let mut more = config(&json!({}));
    more["claude"] = json!({ "sandbox": "bwrap" });
    Desk::start(discord, json!({ "admin": true }), &more).await
}

/// The open approval, once its card is in the channel.
async fn approval(desk: &Desk) -> Value {
    desk.until("/now", "an approval", |now| {
        let approval = &now["approvals"][0];
        let is_shown = !approval["controls"].as_array()?.is_empty();
        is_shown.then(|| approval.clone())
    })
    .await
}

/// What a press of the control with this label sends.
fn pressed(approval: &Value, label: &str) -> Value {
    let mut controls = approval["controls"].as_array().unwrap().iter();
    let control = controls.find(|control| control["label"] == label);
    let control = control.unwrap_or_else(|| panic!("no {label} in {approval}"));
    json!({ "channel": approval["channel"], "control": control["id"] })
}

async fn decide(desk: &Desk, admin: &str, press: &Value) -> Value {
    let asked = desk.press(press).header("x-switchboard-admin", admin);
    let answer = asked.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test]
async fn an_admin_decides_there_and_the_card_says_so() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let desk = started(&discord).await;
    let admin = file(desk.bot.home(), "dashboard.admin");
    let asked = touch(&discord);
    let shown = approval(&desk).await;
    assert!(
        shown["text"].as_str().unwrap().contains("touch made"),
        "{shown}"
    );
    let press = pressed(&shown, "Allow once");
    // The token alone decides nothing, nor does it as the admin token.
    let decide_with = |admin: &str| desk.press(&press).header("x-switchboard-admin", admin);
    assert_eq!(status(desk.press(&press)).await, 403);
    assert_eq!(status(decide_with(&desk.token)).await, 403);
    assert_eq!(
        status(decide_with(&admin).header("origin", "http://evil.example")).await,
        403
    );
    assert_eq!(decide(&desk, &admin, &press).await, json!({ "done": true }));
    ran(&desk.bot, &discord, asked).await;
    closed(&discord, "✓ Allowed once by an admin at the dashboard.").await;
    // It counts once.
    let again = decide(&desk, &admin, &press).await;
    assert_eq!(again["refused"], "Nothing is left to decide here.");
    desk.bot.stop().await;
}

#[tokio::test]
async fn a_reason_given_there_reaches_claude() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let desk = started(&discord).await;
    let admin = file(desk.bot.home(), "dashboard.admin");
    let asked = touch(&discord);
    let shown = approval(&desk).await;
    let mut press = pressed(&shown, "Deny with a reason");
    let form = decide(&desk, &admin, &press).await;
    assert_eq!(form["form"]["title"], "Why should Claude not do this?");
    press["entered"] = "Use the other folder.".into();
    assert_eq!(decide(&desk, &admin, &press).await, json!({ "done": true }));
    desk.bot
        .hears_whole(&discord, asked, "Use the other folder.")
        .await;
    closed(
        &discord,
        "✗ Denied by an admin at the dashboard: Use the other folder.",
    )
    .await;
    desk.bot.stop().await;
}

#[tokio::test]
async fn what_was_decided_in_the_channel_is_over_there() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let desk = started(&discord).await;
    let admin = file(desk.bot.home(), "dashboard.admin");
    touch(&discord);
    let shown = approval(&desk).await;
    let late = pressed(&shown, "Allow once");
    let card = open(&discord).await;
    let denied = press(&discord, &card, "Deny", discord.owner());
    assert_eq!(denied.acknowledged(DEADLINE).await.unwrap().kind, 6);
    let reply = decide(&desk, &admin, &late).await;
    assert!(reply["refused"].is_string(), "{reply}");
    closed(&discord, "✗ Denied by ").await;
    // Nothing but approvals can be pressed.
    let other = json!({ "channel": shown["channel"], "control": "sb1:stop:1" });
    assert!(decide(&desk, &admin, &other).await["refused"].is_string());
    desk.bot.stop().await;
}

#[tokio::test]
async fn nothing_is_decided_where_claude_could_read_the_token() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut more = config(&json!({}));
    more["claude"] = json!({ "sandbox": "off" });
    // Only then the card is shown at all.
    let settings = json!({ "admin": true, "show_text": true });
    let desk = Desk::start(&discord, settings, &more).await;
    desk.bot
        .log
        .wait_for("`dashboard.admin` has no effect", DEADLINE)
        .await;
    let admin = file(desk.bot.home(), "dashboard.admin");
    touch(&discord);
    let shown = approval(&desk).await;
    let asked = desk.press(&pressed(&shown, "Allow once"));
    assert_eq!(
        status(asked.header("x-switchboard-admin", admin)).await,
        403
    );
    assert_eq!(desk.json("/now").await["can_decide"], false);
    desk.bot.stop().await;
}

#[tokio::test]
async fn what_is_asked_is_not_shown_where_texts_are_not() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &config(&json!({}))).await;
    touch(&discord);
    let shown = desk
        .until("/now", "an approval", |now| {
            let approval = &now["approvals"][0];
            approval.is_object().then(|| approval.clone())
        })
        .await;
    assert_eq!(shown["text"], "");
    assert_eq!(shown["controls"], json!([]));
    desk.bot.stop().await;
}
