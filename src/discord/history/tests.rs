//! Authors of fetched messages, against the loopback Discord.

use loopback_discord::Loopback;

use super::*;
use crate::config::{Environment, Token};

const MEMBERS: &str = "GET /guilds/*/members/*";
const DEADLINE: Duration = Duration::from_secs(30);

/// A channel in which two people have written.
async fn talked() -> (Loopback, History, ChannelId) {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    discord.say(here, discord.owner(), "one");
    discord.say(here, discord.member(), "two");
    let token = Token::parse(discord.token()).unwrap();
    let address = discord.url().parse().unwrap();
    let history = History {
        rest: Rest::new(&token, Some(&address), &Environment::default()).unwrap(),
        directory: Directory::default(),
        bot: Arc::new(discord.bot().get().into()),
    };
    (discord, history, ChannelId(here.get()))
}

#[tokio::test]
async fn authors_are_looked_up_at_the_same_time() {
    let (discord, history, here) = talked().await;
    // Until Discord has told its limit, one call goes out at a time.
    discord.limit(MEMBERS, 20, DEADLINE);
    history.before(here, None, 50).await.unwrap();
    let hold = discord.hold(MEMBERS);
    let fetching = tokio::spawn(async move { history.before(here, None, 50).await });
    let both = discord.wait_until(DEADLINE, "both lookups", |view| {
        view.calls_to(MEMBERS).count() == 4
    });
    both.await.unwrap();
    hold.release();
    assert_eq!(fetching.await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_said_comes_without_authors_that_take_too_long() {
    let (discord, history, here) = talked().await;
    let hold = discord.hold(MEMBERS);
    let messages = tokio::time::timeout(DEADLINE, history.before(here, None, 50)).await;
    assert_eq!(messages.unwrap().unwrap().len(), 2);
    hold.release();
}
