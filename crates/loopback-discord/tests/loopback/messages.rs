//! Messages over REST.
//!
//! These tests verify that:
//! * messages are made, listed, edited, deleted and reacted to as on Discord;
//! * nonces and allowed mentions do what they do there;
//! * every call is recorded;
//! * files that people attach are served.

use loopback_discord::Upload;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{call, client, get, loopback, post, request};

#[tokio::test]
async fn nobody_gets_in_without_the_token() {
    let discord = loopback().await;
    let url = format!("{}/api/v10/users/@me", discord.url());
    let response = client()
        .get(url)
        .header("authorization", "Bot wrong")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "message": "401: Unauthorized", "code": 0 }));
    assert_eq!(discord.calls()[0].status, Some(401));
}

#[tokio::test]
async fn a_message_is_made_and_listed_and_edited_and_deleted() {
    let discord = loopback().await;
    let general = discord.general();
    let asked = discord.say(general, discord.owner(), "one");
    let body =
        json!({ "content": " two\n", "nonce": "n", "message_reference": { "message_id": asked } });
    let (status, made) = post(&discord, general, &body).await;
    assert_eq!(
        (status, &made["content"], &made["type"]),
        (200, &json!("two"), &json!(19))
    );
    assert_eq!(made["referenced_message"]["content"], "one");
    assert_eq!(made["mentions"][0]["id"], discord.owner().to_string());

    let path = format!(
        "/channels/{general}/messages/{}",
        made["id"].as_str().unwrap()
    );
    let (status, edited) = call(
        &discord,
        Method::PATCH,
        &path,
        &json!({ "content": "three" }),
    )
    .await;
    assert_eq!((status, &edited["content"]), (200, &json!("three")));
    assert!(edited["edited_timestamp"].is_string());
    let message = discord.bot_messages(general).pop().unwrap();
    assert_eq!(
        (message.content.as_str(), message.history),
        ("three", vec!["two".to_owned()])
    );

    let (status, _) = call(
        &discord,
        Method::PUT,
        &format!("{path}/reactions/%F0%9F%91%8D/@me"),
        &Value::Null,
    )
    .await;
    assert_eq!(status, 204);
    assert_eq!(discord.bot_messages(general)[0].reactions[0].emoji, "👍");
    let (_, listed) = get(&discord, &format!("/channels/{general}/messages")).await;
    let contents: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|found| &found["content"])
        .collect();
    assert_eq!(contents, ["three", "one"], "newest first");

    assert_eq!(
        call(&discord, Method::DELETE, &path, &Value::Null).await.0,
        204
    );
    assert_eq!(
        call(&discord, Method::DELETE, &path, &Value::Null).await.0,
        404
    );
    assert_eq!(discord.messages(general).len(), 1);
}

#[tokio::test]
async fn messages_are_listed_by_range() {
    let discord = loopback().await;
    let general = discord.general();
    let ids: Vec<_> = (0..60)
        .map(|number| discord.say(general, discord.owner(), &number.to_string()))
        .collect();
    let list = async |query: String| -> Vec<String> {
        let (_, listed) = get(&discord, &format!("/channels/{general}/messages?{query}")).await;
        let listed = listed.as_array().unwrap().iter();
        listed
            .map(|found| found["content"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list(String::new()).await.len(), 50);
    assert_eq!(
        list(format!("after={}&limit=2", ids[10])).await,
        ["12", "11"]
    );
    assert_eq!(
        list(format!("before={}&limit=2", ids[10])).await,
        ["9", "8"]
    );
    assert_eq!(
        list(format!("around={}&limit=3", ids[10])).await,
        ["11", "10", "9"]
    );
    assert_eq!(list(format!("after={}&limit=100", ids[59])).await, [""; 0]);
    let (status, refused) = get(&discord, &format!("/channels/{general}/messages?limit=101")).await;
    assert_eq!((status, &refused["code"]), (400, &json!(50035)));
}

#[tokio::test]
async fn an_enforced_nonce_makes_one_message() {
    let discord = loopback().await;
    let general = discord.general();
    let enforced = json!({ "content": "x", "nonce": "7", "enforce_nonce": true });
    let (_, first) = post(&discord, general, &enforced).await;
    let (status, second) = post(&discord, general, &enforced).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    assert_eq!(discord.messages(general).len(), 1);
    post(&discord, general, &json!({ "content": "x", "nonce": "7" })).await;
    assert_eq!(discord.messages(general).len(), 2, "not enforced");
}

#[tokio::test]
async fn only_what_is_allowed_pings() {
    let discord = loopback().await;
    let (general, owner, member) = (discord.general(), discord.owner(), discord.member());
    let asked = discord.say(general, owner, "hi");
    let text = format!("@everyone <@{owner}> <@{member}> <@&{}>", discord.role());
    let reference = json!({ "message_id": asked });
    let check = async |allowed: Value, users: &[u64], roles: usize, everyone: bool| {
        let mut body = json!({ "content": text, "message_reference": reference });
        if !allowed.is_null() {
            body["allowed_mentions"] = allowed.clone();
        }
        post(&discord, general, &body).await;
        let sent = discord.bot_messages(general).pop().unwrap();
        let mut pinged: Vec<_> = sent.mentions.iter().map(|id| id.get()).collect();
        pinged.sort_unstable();
        assert_eq!(
            (
                pinged.as_slice(),
                sent.mention_roles.len(),
                sent.mention_everyone
            ),
            (users, roles, everyone),
            "{allowed}"
        );
    };
    check(Value::Null, &[owner.get(), member.get()], 1, true).await;
    check(json!({ "parse": [] }), &[], 0, false).await;
    check(
        json!({ "parse": [], "replied_user": true }),
        &[owner.get()],
        0,
        false,
    )
    .await;
    check(
        json!({ "parse": ["roles"], "users": [member] }),
        &[member.get()],
        1,
        false,
    )
    .await;
}

#[tokio::test]
async fn files_are_taken_with_their_name_and_size() {
    let discord = loopback().await;
    let general = discord.general();
    let file = reqwest::multipart::Part::bytes(vec![7; 1234]).file_name("log.txt");
    let form = reqwest::multipart::Form::new()
        .text("payload_json", json!({ "content": "see" }).to_string())
        .part("files[0]", file);
    let path = format!("/channels/{general}/messages");
    let response = request(&discord, Method::POST, &path)
        .multipart(form)
        .send()
        .await
        .unwrap();
    let made: Value = response.json().await.unwrap();
    assert_eq!(
        (
            &made["attachments"][0]["filename"],
            &made["attachments"][0]["size"]
        ),
        (&json!("log.txt"), &json!(1234))
    );
    let recorded = discord.calls_to("POST /channels/*/messages").pop().unwrap();
    assert_eq!(
        (recorded.body, recorded.files[0].size),
        (json!({ "content": "see" }), 1234)
    );
    assert!(
        recorded
            .headers
            .iter()
            .all(|(name, _)| name != "authorization")
    );
}

#[tokio::test]
async fn files_are_served_and_go_wrong_as_told() {
    let discord = loopback().await;
    let files = [
        Upload::new("notes.txt", "hello").kind("text/markdown"),
        Upload::new("gone", "x").refused(410),
        Upload::new("moved", "x").redirects("http://127.0.0.1:1/"),
    ];
    let id = discord.say_with_files(discord.general(), discord.member(), "look", &files);
    let said = discord.message(id).unwrap();
    assert_eq!(said.attachments.len(), 3);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let mut found = Vec::new();
    for file in &said.attachments {
        let url = format!(
            "{}/attachments/{}/{}/{}",
            discord.url(),
            said.channel,
            file.id,
            file.name
        );
        let response = client.get(url).send().await.unwrap();
        found.push((response.status().as_u16(), response.text().await.unwrap()));
    }
    assert_eq!(found[0], (200, "hello".to_owned()));
    assert_eq!((found[1].0, found[2].0), (410, 302));
}
