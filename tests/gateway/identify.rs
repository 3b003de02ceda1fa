//! How often Discord is greeted: never more than 1,000 times a day, whatever happens.

use chrono::{TimeDelta, Utc};
use loopback_discord::Loopback;
use serde_json::json;

use crate::support::{Bot, DEADLINE, Home};

const WAITS: &str = "the bot has connected very often";

/// A home in which so many IDENTIFYs are left of 50.
fn home_with(left: i32) -> Home {
    let home = Home::new();
    let settled_at = Utc::now() + TimeDelta::seconds(100) * (50 - left);
    let account = json!({ "settled_at": settled_at }).to_string();
    home.write("sessions/identify.json", &account);
    home
}

#[tokio::test]
async fn restarts_pay_for_their_identifies() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = home_with(3);
    for _ in 0..3 {
        let bot = Bot::new(&discord).home(&home).start(&discord).await;
        assert!(!bot.log.text().contains(WAITS));
        bot.kill().await;
    }
    let bot = Bot::new(&discord).home(&home).launch();
    bot.log.wait_for(WAITS, DEADLINE).await;
    assert_eq!(discord.gateway().identifies(), 3);
    bot.stop().await;
}

#[tokio::test]
async fn invalid_sessions_do_too() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().refuse_identifies(usize::MAX);
    let bot = Bot::new(&discord).home(&home_with(2)).launch();
    bot.log.wait_for(WAITS, DEADLINE).await;
    assert_eq!(discord.gateway().identifies(), 2);
    bot.stop().await;
}

#[tokio::test]
async fn what_discord_says_is_left_is_honoured() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().starts_left(0, 2_000);
    let bot = Bot::new(&discord).launch();
    let words = "Discord takes no further connections of this bot for now";
    bot.log.wait_for(words, DEADLINE).await;
    assert_eq!(discord.gateway().identifies(), 0);
    let connected = discord.wait_until(DEADLINE, "the bot", |view| view.connected() == 1);
    connected.await.unwrap();
    bot.stop().await;
}
