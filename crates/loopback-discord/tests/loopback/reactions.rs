//! Reactions over REST and in events.

use loopback_discord::{Loopback, Permissions, Snowflake};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, Socket, code, get, loopback};

const THUMB: &str = "%F0%9F%91%8D";

fn path(discord: &Loopback, message: Snowflake, rest: &str) -> String {
    let general = discord.general();
    format!("/channels/{general}/messages/{message}/reactions{rest}")
}

#[tokio::test]
async fn reactions_are_added_listed_and_removed() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let message = discord.say(discord.general(), discord.owner(), "hello");
    socket.event("MESSAGE_CREATE").await;
    let own = path(&discord, message, &format!("/{THUMB}/@me"));
    let all = path(&discord, message, &format!("/{THUMB}"));

    assert_eq!(
        code(&discord, Method::PUT, &own, &Value::Null).await,
        (204, None)
    );
    let event = socket.event("MESSAGE_REACTION_ADD").await;
    assert_eq!(event["user_id"], json!(discord.bot()));
    assert_eq!(event["emoji"], json!({ "name": "👍", "id": null }));
    assert_eq!(
        code(&discord, Method::PUT, &own, &Value::Null).await,
        (204, None)
    );
    discord.react(message, discord.member(), "👍", true);
    let event = socket.event("MESSAGE_REACTION_ADD").await;
    assert_eq!(
        event["user_id"],
        json!(discord.member()),
        "the second reaction of the bot changed nothing"
    );

    let (_, users) = get(&discord, &all).await;
    let ids: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| &user["id"])
        .collect();
    assert_eq!(ids, [&json!(discord.member()), &json!(discord.bot())]);
    let (_, users) = get(
        &discord,
        &format!("{all}?limit=1&after={}", discord.member()),
    )
    .await;
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["id"], json!(discord.bot()));
    let (_, shown) = get(
        &discord,
        &format!("/channels/{}/messages/{message}", discord.general()),
    )
    .await;
    assert_eq!(shown["reactions"][0]["count"], 2);
    assert_eq!(shown["reactions"][0]["me"], true);

    assert_eq!(
        code(&discord, Method::DELETE, &own, &Value::Null).await,
        (204, None)
    );
    let event = socket.event("MESSAGE_REACTION_REMOVE").await;
    assert_eq!(event["user_id"], json!(discord.bot()));
    assert_eq!(
        discord.message(message).unwrap().reactions[0].users,
        [discord.member()]
    );
}

#[tokio::test]
async fn reactions_of_others_need_a_permission_to_remove() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let general = discord.general();
    let message = discord.say(general, discord.owner(), "hello");
    let member = discord.member();
    for emoji in ["👍", "wave:123", "1️⃣"] {
        discord.react(message, member, emoji, true);
    }
    let delete = async |rest: &str| {
        let path = path(&discord, message, rest);
        code(&discord, Method::DELETE, &path, &Value::Null).await
    };
    let of_member = format!("/wave:123/{member}");
    for rest in [of_member.as_str(), &format!("/{THUMB}"), ""] {
        assert_eq!(delete(rest).await, (403, Some(50013)), "{rest}");
    }
    discord.set_bot_permissions(
        general,
        Permissions::EVERYONE | Permissions::MANAGE_MESSAGES,
    );
    for rest in [of_member.as_str(), &format!("/{THUMB}"), ""] {
        assert_eq!(delete(rest).await, (204, None), "{rest}");
    }
    assert!(discord.message(message).unwrap().reactions.is_empty());
    socket.skip_to("MESSAGE_REACTION_REMOVE").await;
    let event = socket.event("MESSAGE_REACTION_REMOVE_EMOJI").await;
    assert_eq!(event["emoji"]["name"], "👍");
    let event = socket.event("MESSAGE_REACTION_REMOVE_ALL").await;
    assert_eq!(event["message_id"], json!(message));
    assert_eq!(event["guild_id"], json!(discord.guild()));
}

#[tokio::test]
async fn reactions_have_discords_limits() {
    let discord = loopback().await;
    let general = discord.general();
    let message = discord.say(general, discord.owner(), "hello");
    let put = async |emoji: &str| {
        let path = path(&discord, message, &format!("/{emoji}/@me"));
        code(&discord, Method::PUT, &path, &Value::Null).await
    };
    for unknown in ["x", "wave", "wave:x", "%3A1"] {
        assert_eq!(put(unknown).await, (400, Some(10014)), "{unknown}");
    }
    for number in 0..20 {
        discord.react(message, discord.owner(), &format!("e:{number}"), true);
    }
    assert_eq!(put(THUMB).await, (400, Some(30010)));
    assert_eq!(
        put("e:7").await,
        (204, None),
        "an emoji that is there already"
    );

    let other = discord.say(general, discord.owner(), "bye");
    discord.react(other, discord.owner(), "👍", true);
    discord.set_bot_permissions(general, Permissions::EVERYONE - Permissions::ADD_REACTIONS);
    let put = async |emoji: &str| {
        let path = path(&discord, other, &format!("/{emoji}/@me"));
        code(&discord, Method::PUT, &path, &Value::Null).await
    };
    assert_eq!(put("e:7").await, (403, Some(50013)));
    assert_eq!(put(THUMB).await, (204, None));
    let unknown = path(&discord, 1.into(), &format!("/{THUMB}/@me"));
    let unknown = code(&discord, Method::PUT, &unknown, &Value::Null).await;
    assert_eq!(unknown, (404, Some(10008)));
}
