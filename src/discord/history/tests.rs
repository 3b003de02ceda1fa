//! Authors of fetched messages, against the loopback Discord.

use loopback_discord::{Fault, Loopback};
use serde_json::json;

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

#[tokio::test]
async fn a_component_that_serenity_does_not_know_costs_no_page() {
    const PAGE: &str = "GET /channels/*/messages";
    const ONE: &str = "GET /channels/*/messages/*";
    let (discord, history, here) = talked().await;
    let user =
        json!({ "id": discord.owner(), "username": "ada", "discriminator": "0", "avatar": null });
    let message = |id: &str, components: Value| {
        json!({
            "id": id, "channel_id": here, "author": user, "content": "text", "type": 0,
            "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "tts": false, "mention_everyone": false,
            "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": false,
            "components": components,
        })
    };
    let odd = json!([{ "type": 1, "components": [{ "type": 99, "label": "Approve" }] }]);
    let odd = message("7", odd);
    discord.inject(Fault::json(PAGE, 200, &json!([odd, message("6", json!([]))])).always());
    discord.inject(Fault::json(ONE, 200, &odd).always());

    let page = history.before(here, None, 50).await.unwrap();
    let shown: Vec<_> = page.iter().map(|it| &it.context.shown[..]).collect();
    assert_eq!(shown, [&[][..], &["Approve".to_owned()]]);
    let one = history.message(here, MessageId(7)).await.unwrap();
    assert_eq!(one.context.shown, ["Approve"]);
    let call = Call::messages(here, None, 50);
    let bare = history.rest.messages(&call).await.unwrap();
    let ids: Vec<_> = bare.iter().map(|message| message.id.get()).collect();
    assert_eq!(ids, [6, 7]);
}
