//! Forums: posts of people and of the bot, their tags, and the lists of threads.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{INTENTS, Socket, call, code, get, id, loopback};

#[tokio::test]
async fn a_forum_post_is_a_thread_with_tags_and_a_message() {
    let discord = loopback().await;
    let forum = discord.add_forum("ideas", &["bug", "wish"]);
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let post = discord.post_in_forum(forum, discord.member(), "Crash", "it crashes", &["bug"]);
    let thread = socket.event("THREAD_CREATE").await;
    let tags = discord.channel_by_id(forum).unwrap().tags;
    assert_eq!(thread["id"], post.to_string());
    assert_eq!(thread["parent_id"], forum.to_string());
    assert_eq!(thread["applied_tags"], json!([tags[0].id]));
    let message = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&message["id"], &message["channel_id"]),
        (&thread["id"], &thread["id"])
    );
    assert_eq!(
        (&message["flags"], &message["thread"]),
        (&json!(0), &Value::Null)
    );

    let (_, shown) = get(&discord, &format!("/channels/{forum}")).await;
    assert_eq!(shown["type"], 15);
    assert_eq!(shown["available_tags"][1]["name"], "wish");
}

#[tokio::test]
async fn the_bot_posts_in_a_forum_and_changes_the_tags() {
    let discord = loopback().await;
    let forum = discord.add_forum("ideas", &["bug", "wish"]);
    let tags = discord.channel_by_id(forum).unwrap().tags;
    let path = format!("/channels/{forum}/threads");
    let body =
        json!({ "name": "Plan", "applied_tags": [tags[1].id], "message": { "content": "first" } });
    let (status, made) = call(&discord, Method::POST, &path, &body).await;
    assert_eq!((status, &made["message"]["id"]), (200, &made["id"]));
    assert_eq!(made["message"]["content"], "first");
    let post = id(&made);
    let edit = json!({ "applied_tags": [tags[0].id] });
    let (_, edited) = call(&discord, Method::PATCH, &format!("/channels/{post}"), &edit).await;
    assert_eq!(edited["applied_tags"], json!([tags[0].id]));

    let refuse = async |body: Value| code(&discord, Method::POST, &path, &body).await;
    assert_eq!(refuse(json!({ "name": "x" })).await, (400, Some(50035)));
    let unknown = json!({ "name": "x", "applied_tags": ["1"], "message": { "content": "x" } });
    assert_eq!(refuse(unknown).await, (400, Some(50035)));
    assert_eq!(
        refuse(json!({ "name": "x", "message": {} })).await,
        (400, Some(50006))
    );
    let messages = format!("/channels/{forum}/messages");
    let direct = code(
        &discord,
        Method::POST,
        &messages,
        &json!({ "content": "x" }),
    )
    .await;
    assert_eq!(direct, (400, Some(50008)));
    assert_eq!(
        code(&discord, Method::GET, &messages, &Value::Null).await,
        (400, Some(50024))
    );
}

#[tokio::test]
async fn active_and_archived_threads_are_listed_apart() {
    let discord = loopback().await;
    let here = discord.general();
    let [first, second, third] = ["a", "b", "c"].map(|name| discord.add_thread(here, name));
    for thread in [second, first] {
        discord.archive_thread(thread, true);
    }
    let ids =
        |list: &Value| -> Vec<_> { list["threads"].as_array().unwrap().iter().map(id).collect() };
    let (_, active) = get(
        &discord,
        &format!("/guilds/{}/threads/active", discord.guild()),
    )
    .await;
    assert_eq!(
        (ids(&active), &active["members"]),
        (vec![third], &json!([]))
    );
    let path = format!("/channels/{here}/threads/archived/public");
    let (_, archived) = get(&discord, &path).await;
    assert_eq!(ids(&archived).len(), 2);
    assert_eq!(archived["has_more"], false);

    let member = format!("/channels/{third}/thread-members");
    let join = async |method: Method, who: &str| {
        code(&discord, method, &format!("{member}/{who}"), &Value::Null).await
    };
    let bot = discord.bot().to_string();
    assert_eq!(join(Method::GET, &bot).await, (404, Some(10007)));
    assert_eq!(join(Method::PUT, "@me").await.0, 204);
    assert_eq!(join(Method::GET, &bot).await.0, 200);
    let (_, shown) = get(&discord, &format!("/channels/{third}")).await;
    assert_eq!(shown["member"]["user_id"], bot);
    assert_eq!(join(Method::DELETE, "%40me").await.0, 204, "an escaped @");
    assert_eq!(join(Method::GET, &bot).await.0, 404);
}
