//! The bot asks who it is before it connects.

use loopback_discord::{Fault, Loopback};

use crate::support::{Bot, DEADLINE};

const FIRST: &str = "GET /oauth2/applications/@me";
const SECOND: &str = "GET /applications/@me";

#[tokio::test]
async fn a_discord_without_the_first_route_is_asked_at_the_second() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.inject(Fault::status(FIRST, 404).always());
    let bot = Bot::new(&discord).start(&discord).await;
    assert_eq!(discord.calls_to(SECOND).len(), 1);
    let asked = discord.say(discord.general(), discord.owner(), "!model");
    bot.reply(&discord, asked).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_login_that_fails_names_its_path_and_is_tried_again() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.inject(Fault::status(FIRST, 404));
    discord.inject(Fault::status(SECOND, 404));
    discord.inject(Fault::status(FIRST, 503));
    let bot = Bot::new(&discord).start(&discord).await;
    let log = bot.log.text();
    assert!(log.contains("/applications/@me: status 404"), "{log}");
    assert!(
        !log.contains("/oauth2/applications/@me: status 404"),
        "{log}"
    );
    assert!(
        log.contains("/oauth2/applications/@me: status 503"),
        "{log}"
    );
    bot.log.wait_for("connected to Discord", DEADLINE).await;
    bot.stop().await;
}
