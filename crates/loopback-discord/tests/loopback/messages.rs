//! Messages over REST: created, listed, edited and deleted, with nonces and allowed mentions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{call, client, code, get, id, loopback, post};

#[tokio::test]
async fn a_wrong_token_is_refused() {
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
async fn a_message_is_created_edited_listed_and_deleted() {
    let discord = loopback().await;
    let general = discord.general();
    let question = discord.say(general, discord.owner(), "one");
    let body = json!({ "content": " two\n", "nonce": "n", "message_reference": { "message_id": question } });
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
    for wrong in ["limit=101", "limit=0", "before=1&after=1"] {
        let (status, refused) =
            get(&discord, &format!("/channels/{general}/messages?{wrong}")).await;
        assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{wrong}");
    }
}

#[tokio::test]
async fn an_enforced_nonce_creates_one_message() {
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
async fn only_allowed_mentions_ping() {
    let discord = loopback().await;
    let (general, owner, member) = (discord.general(), discord.owner(), discord.member());
    let question = discord.say(general, owner, "hi");
    let text = format!("@everyone <@{owner}> <@{member}> <@&{}>", discord.role());
    let reference = json!({ "message_id": question });
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
async fn an_edit_changes_only_the_given_fields() {
    let discord = loopback().await;
    let general = discord.general();
    let button = json!({ "type": 2, "style": 1, "label": "Again", "custom_id": "again" });
    let rows = json!([{ "type": 1, "components": [button] }]);
    let body = json!({ "content": "one", "components": rows, "flags": 1 << 12 });
    let (_, made) = post(&discord, general, &body).await;
    assert_eq!(made["flags"], 1 << 12);
    assert!(discord.message(id(&made)).unwrap().silent);
    let path = format!("/channels/{general}/messages/{}", id(&made));
    let edit = async |body: Value| call(&discord, Method::PATCH, &path, &body).await.1;
    let edited = edit(json!({ "content": "two" })).await;
    assert_eq!(
        (&edited["content"], &edited["components"]),
        (&json!("two"), &rows)
    );
    let edited = edit(json!({ "components": [] })).await;
    assert_eq!(
        (&edited["content"], &edited["components"]),
        (&json!("two"), &json!([]))
    );
    let owner = discord.owner();
    let mention = json!({ "content": format!("<@{owner}>"), "allowed_mentions": { "parse": [] } });
    assert_eq!(edit(mention).await["mentions"], json!([]));
    let edited = edit(json!({ "content": format!("<@{owner}>"), "flags": 4 })).await;
    assert_eq!(edited["mentions"][0]["id"], json!(owner));
    assert_eq!(edited["flags"], 4 | 1 << 12);
    assert_eq!(edit(json!({ "content": null })).await["code"], 50006);
}

#[tokio::test]
async fn one_message_is_read() {
    let discord = loopback().await;
    let general = discord.general();
    let message = discord.say(general, discord.owner(), "hello");
    let (status, found) = get(&discord, &format!("/channels/{general}/messages/{message}")).await;
    assert_eq!((status, &found["content"]), (200, &json!("hello")));
    let elsewhere = format!("/channels/{}/messages/{message}", discord.channel("rust"));
    let missing = code(&discord, Method::GET, &elsewhere, &Value::Null).await;
    assert_eq!(missing, (404, Some(10008)));
}
