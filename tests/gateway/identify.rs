//! The bot starts far fewer sessions than Discord allows, however often it reconnects or is restarted.

use loopback_discord::Loopback;

use crate::support::{Bot, DEADLINE, Home};

const WAITS: &str = "the bot has connected very often";
const DAY_MS: u64 = 86_400_000;

#[tokio::test]
async fn restarts_count_against_the_session_limit() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().starts_left(803, DAY_MS);
    for _ in 0..3 {
        // A service that keeps nothing between its starts.
        let bot = Bot::new(&discord).home(&Home::new()).start(&discord).await;
        assert!(!bot.log.text().contains(WAITS));
        bot.kill().await;
    }
    let bot = Bot::new(&discord).launch();
    let line = bot.log.wait_for(WAITS, DEADLINE).await;
    assert!(
        line.contains("remaining=800") && line.contains("wait_s=43"),
        "{line}"
    );
    assert_eq!(discord.gateway().identifies(), 3);
    bot.stop().await;
}

#[tokio::test]
async fn invalid_sessions_count_against_the_session_limit() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().starts_left(802, DAY_MS);
    discord.gateway().refuse_identifies(usize::MAX);
    let bot = Bot::new(&discord).launch();
    bot.log.wait_for(WAITS, DEADLINE).await;
    assert_eq!(discord.gateway().identifies(), 2);
    bot.stop().await;
}

#[tokio::test]
async fn the_reserve_is_kept_until_the_limit_is_reset() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().starts_left(600, 3_000);
    let bot = Bot::new(&discord).launch();
    bot.log.wait_for(WAITS, DEADLINE).await;
    assert_eq!(discord.gateway().identifies(), 0);
    let connected = discord.wait_until(DEADLINE, "the bot", |view| view.connected() == 1);
    connected.await.unwrap();
    assert!(bot.log.text().contains("remaining=600"));
    bot.stop().await;
}
