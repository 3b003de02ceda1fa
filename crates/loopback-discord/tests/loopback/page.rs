//! The page: it loads nothing from elsewhere, accepts only its own requests, and connects people with
//! the bot.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use loopback_discord::{Loopback, Upload};
use reqwest::{
    Method, Response,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, INTENTS, SOON, Socket, call, client, loopback, post};

async fn page(discord: &Loopback) -> String {
    client()
        .get(discord.url())
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

/// The token in a page.
fn token(page: &str) -> &str {
    let start = page.find("loopback-token\" content=\"").unwrap() + 25;
    &page[start..start + page[start..].find('"').unwrap()]
}

async fn act(discord: &Loopback, token: &str, action: &str, body: &Value) -> Response {
    let request = client().post(format!("{}/loopback/{action}", discord.url()));
    request
        .header("x-loopback-token", token)
        .json(body)
        .send()
        .await
        .unwrap()
}

/// The updates that a page receives.
struct Updates(Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>>>>);

impl Updates {
    async fn open(discord: &Loopback, token: &str) -> Self {
        let url = format!("{}/loopback/events?token={token}", discord.url());
        let response = client().get(url).send().await.unwrap();
        let chunks = response.bytes_stream();
        Self(Box::pin(chunks.map(|chunk| chunk.map(Vec::from))))
    }

    async fn next(&mut self) -> Value {
        let chunk = tokio::time::timeout(SOON, self.0.next()).await.unwrap();
        let text = String::from_utf8(chunk.unwrap().unwrap()).unwrap();
        serde_json::from_str(text.trim().strip_prefix("data: ").unwrap()).unwrap()
    }
}

#[tokio::test]
async fn the_page_loads_nothing_else() {
    let discord = Loopback::builder().banner("<b>").start().await.unwrap();
    let response = client().get(discord.url()).send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = response.text().await.unwrap();
    for placeholder in ["{{", "/*STYLE*/", "/*SCRIPT*/", "src=\"http", "innerHTML"] {
        assert!(!page.contains(placeholder), "{placeholder}");
    }
    assert_eq!(token(&page).len(), 32);
}

#[tokio::test]
async fn requests_of_other_sites_are_refused() {
    let discord = loopback().await;
    let page = page(&discord).await;
    let token = token(&page);
    let message = json!({ "channel": discord.general(), "user": discord.owner(), "content": "hi" });
    let url = format!("{}/loopback/message", discord.url());
    let send = async |headers: &[(&str, &str)]| {
        let request = headers.iter().fold(
            client().post(&url).json(&message),
            |request, (name, value)| request.header(*name, *value),
        );
        request.send().await.unwrap().status().as_u16()
    };
    let shown = ("x-loopback-token", token);
    assert_eq!(send(&[]).await, 403, "no token");
    assert_eq!(send(&[("x-loopback-token", "wrong")]).await, 403);
    assert_eq!(send(&[shown, ("host", "evil.example")]).await, 403);
    assert_eq!(
        send(&[shown, ("origin", "https://evil.example")]).await,
        403
    );
    assert_eq!(discord.messages(discord.general()).len(), 0);
    assert_eq!(send(&[shown, ("origin", &discord.url())]).await, 200);
    assert_eq!(discord.messages(discord.general()).len(), 1);
    let rebound = client().get(discord.url()).header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), 403);
    let events = client().get(format!("{}/loopback/events?token=wrong", discord.url()));
    assert_eq!(events.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn messages_go_both_ways() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let page = page(&discord).await;
    let token = token(&page);
    let mut updates = Updates::open(&discord, token).await;
    let world = updates.next().await;
    assert_eq!(
        (&world["type"], &world["connected"]),
        (&json!("world"), &json!(true))
    );

    let message = json!({ "channel": discord.general(), "user": discord.owner(), "content": "hi" });
    assert_eq!(
        act(&discord, token, "message", &message).await.status(),
        200
    );
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "hi");
    assert_eq!(updates.next().await["message"]["content"], "hi");
    discord.gateway().drop_connections();
    assert_eq!(
        updates.next().await,
        json!({ "type": "connection", "connected": false })
    );

    for (action, body) in [
        (
            "message",
            json!({ "channel": "1", "user": discord.owner(), "content": "hi" }),
        ),
        (
            "message",
            json!({ "channel": discord.general(), "user": discord.owner(), "content": " " }),
        ),
        (
            "command",
            json!({ "channel": discord.general(), "user": discord.owner(), "name": "none" }),
        ),
        (
            "press",
            json!({ "message": "1", "user": discord.owner(), "custom_id": "x" }),
        ),
        ("form", json!({ "interaction": "1", "values": {} })),
    ] {
        assert_eq!(
            act(&discord, token, action, &body).await.status(),
            400,
            "{action} {body}"
        );
    }
}

#[tokio::test]
async fn edits_reactions_and_deletions_are_live() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let page = page(&discord).await;
    let token = token(&page);
    let mut updates = Updates::open(&discord, token).await;
    updates.next().await;
    let (owner, general) = (discord.owner(), discord.general());
    let message = discord.say(general, owner, "hello");
    updates.next().await;
    socket.event("MESSAGE_CREATE").await;

    let edit = json!({ "message": message, "user": owner, "content": "bye" });
    assert_eq!(act(&discord, token, "edit", &edit).await.status(), 200);
    assert_eq!(socket.event("MESSAGE_UPDATE").await["content"], "bye");
    assert_eq!(updates.next().await["message"]["content"], "bye");
    let react = json!({ "message": message, "user": owner, "emoji": "👍", "on": true });
    assert_eq!(act(&discord, token, "react", &react).await.status(), 200);
    socket.event("MESSAGE_REACTION_ADD").await;
    let update = updates.next().await;
    assert_eq!(
        update["message"]["reactions"],
        json!([{ "emoji": "👍", "users": [owner] }])
    );
    let typing = json!({ "channel": general, "user": owner });
    assert_eq!(act(&discord, token, "typing", &typing).await.status(), 200);
    socket.event("TYPING_START").await;
    assert_eq!(updates.next().await["type"], "typing");

    let foreign = json!({ "message": message, "user": discord.member(), "content": "mine" });
    for action in ["edit", "delete"] {
        let refused = act(&discord, token, action, &foreign).await;
        assert_eq!(refused.status(), 400, "{action}");
    }
    let delete = json!({ "message": message, "user": owner });
    assert_eq!(act(&discord, token, "delete", &delete).await.status(), 200);
    socket.event("MESSAGE_DELETE").await;
    let update = updates.next().await;
    assert_eq!(
        (&update["type"], &update["message"]),
        (&json!("deleted"), &json!(message))
    );

    let (_, made) = post(&discord, general, &json!({ "content": "one" })).await;
    assert_eq!(updates.next().await["message"]["content"], "one");
    let path = format!(
        "/channels/{general}/messages/{}",
        made["id"].as_str().unwrap()
    );
    call(&discord, Method::PATCH, &path, &json!({ "content": "two" })).await;
    assert_eq!(updates.next().await["message"]["content"], "two");
    call(&discord, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(updates.next().await["type"], "deleted");
    discord.rename_channel(general, "lobby");
    assert_eq!(updates.next().await["type"], "stale");
}

#[tokio::test]
async fn choices_reach_the_page() {
    let discord = loopback().await;
    let page = page(&discord).await;
    let token = token(&page);
    let option = json!({ "type": 3, "name": "name", "description": "N", "autocomplete": true });
    let commands = json!([{ "name": "model", "description": "M", "options": [option] }]);
    let path = format!("/applications/{}/commands", discord.application());
    call(&discord, Method::PUT, &path, &commands).await;
    let mut socket = Socket::identified(&discord, INTENTS).await.0;
    let mut updates = Updates::open(&discord, token).await;
    updates.next().await;
    let typed = json!({
        "channel": discord.general(), "user": discord.owner(), "name": "model",
        "options": { "name": "op" }, "focused": "name",
    });
    assert_eq!(
        act(&discord, token, "autocomplete", &typed).await.status(),
        200
    );
    let event = socket.event("INTERACTION_CREATE").await;
    assert_eq!(updates.next().await["type"], "asked");
    let [id, token] = ["id", "token"].map(|name| event[name].as_str().unwrap());
    let choices = json!([{ "name": "Opus", "value": "opus" }]);
    let body = json!({ "type": 8, "data": { "choices": choices } });
    call(
        &discord,
        Method::POST,
        &format!("/interactions/{id}/{token}/callback"),
        &body,
    )
    .await;
    let update = updates.next().await;
    assert_eq!(
        (&update["type"], &update["choices"]),
        (&json!("acknowledged"), &choices)
    );
}

#[tokio::test]
async fn people_forward_vote_and_start_threads_on_the_page() {
    let discord = loopback().await;
    let html = page(&discord).await;
    let token = token(&html);
    let (here, owner) = (discord.general(), discord.owner());
    let forum = discord.add_forum("ideas", &[]);
    let said = discord.say(here, discord.member(), "look");
    let asked = discord.say_poll(here, discord.member(), "Tea?", &["Yes", "No"]);
    let done = async |action: &str, body: Value| act(&discord, token, action, &body).await.status();

    let body = json!({ "message": said, "channel": discord.channel("rust"), "user": owner });
    assert_eq!(done("forward", body).await, 200);
    let forwarded = discord.messages(discord.channel("rust")).pop().unwrap();
    assert_eq!(forwarded.forward.unwrap().snapshot.content, "look");

    let vote = |answer| json!({ "message": asked, "user": owner, "answer": answer, "on": true });
    assert_eq!(done("vote", vote(2)).await, 200);
    assert_eq!(done("vote", vote(3)).await, 400);
    let poll = discord.message(asked).unwrap().poll.unwrap();
    assert_eq!(poll.answers[1].voters, [owner]);

    let thread = json!({ "channel": here, "user": owner, "name": "aside", "message": said });
    assert_eq!(done("thread", thread.clone()).await, 200);
    assert_eq!(done("thread", thread).await, 400, "it has a thread already");
    let post = json!({ "channel": forum, "user": owner, "name": "An idea", "content": "text" });
    assert_eq!(done("thread", post).await, 200);
    assert_eq!(discord.threads(forum)[0].name, "An idea");
}

#[tokio::test]
async fn people_send_files_on_the_page() {
    let discord = loopback().await;
    let html = page(&discord).await;
    let original = discord.say(discord.general(), discord.member(), "what is it?");
    let send = async |files: usize, bytes: usize| {
        let form = Form::new()
            .text("channel", discord.general().to_string())
            .text("user", discord.owner().to_string())
            .text("content", "see")
            .text("reply_to", original.to_string());
        let add = |form: Form, _| {
            let part = Part::bytes(vec![b'x'; bytes]).file_name("x.bin");
            form.part("files", part)
        };
        let request = client().post(format!("{}/loopback/files", discord.url()));
        let request = request.header("x-loopback-token", token(&html));
        let form = (0..files).fold(form, add);
        request.multipart(form).send().await.unwrap().status()
    };
    assert_eq!(send(2, 5).await, 200);
    let made = discord.messages(discord.general()).pop().unwrap();
    assert_eq!((made.content.as_str(), made.attachments.len()), ("see", 2));
    assert_eq!(made.reply_to, Some(original));
    assert_eq!(
        made.attachments[0].content_type.as_deref(),
        Some("application/octet-stream")
    );
    assert_eq!(send(0, 5).await, 400);
    assert_eq!(send(11, 5).await, 400);
    assert_eq!(send(1, 10 * 1024 * 1024 + 1).await, 400);
    assert_eq!(discord.messages(discord.general()).len(), 2);
}

#[tokio::test]
async fn a_file_runs_no_scripts_on_the_origin_of_the_page() {
    let discord = loopback().await;
    let file = Upload::new("x.html", "<script>1</script>").kind("text/html");
    discord.say_with_files(discord.general(), discord.owner(), "", &[file]);
    let html = page(&discord).await;
    let mut updates = Updates::open(&discord, token(&html)).await;
    let world = updates.next().await;
    let file = &world["messages"][0]["files"][0];
    assert_eq!(file["kind"], "text/html");
    let url = format!("{}{}", discord.url(), file["url"].as_str().unwrap());
    let response = client().get(url).send().await.unwrap();
    let headers = response.headers();
    let policy = "default-src 'none'; sandbox";
    assert_eq!(headers["content-security-policy"], policy);
    assert_eq!(headers["x-content-type-options"], "nosniff");
}
