//! The page's doors.
//!
//! These tests verify that:
//! * the page loads nothing from elsewhere, and opens to this machine's browser alone;
//! * it hears what happens, and what people do on it reaches the bot.

use crate::support::{INTENTS, SOON, Socket, client, loopback};
use futures_util::StreamExt;
use loopback_discord::Loopback;
use reqwest::Response;
use serde_json::{Value, json};

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

async fn act(discord: &Loopback, token: &str, door: &str, body: &Value) -> Response {
    let request = client().post(format!("{}/loopback/{door}", discord.url()));
    request
        .header("x-loopback-token", token)
        .json(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_stands_alone() {
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
async fn other_sites_are_kept_out() {
    let discord = loopback().await;
    let page = page(&discord).await;
    let token = token(&page);
    let said = json!({ "channel": discord.general(), "user": discord.owner(), "content": "hi" });
    let door = format!("{}/loopback/message", discord.url());
    let send = async |headers: &[(&str, &str)]| {
        let request = headers.iter().fold(
            client().post(&door).json(&said),
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
async fn the_page_hears_and_is_heard() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let page = page(&discord).await;
    let token = token(&page);
    let events = client().get(format!("{}/loopback/events?token={token}", discord.url()));
    let mut events = events.send().await.unwrap().bytes_stream();
    let mut heard = async || {
        let chunk = tokio::time::timeout(SOON, events.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        serde_json::from_str::<Value>(text.trim().strip_prefix("data: ").unwrap()).unwrap()
    };
    let world = heard().await;
    assert_eq!(
        (&world["type"], &world["connected"]),
        (&json!("world"), &json!(true))
    );

    let said = json!({ "channel": discord.general(), "user": discord.owner(), "content": "hi" });
    assert_eq!(act(&discord, token, "message", &said).await.status(), 200);
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "hi");
    assert_eq!(heard().await["message"]["content"], "hi");
    discord.gateway().drop_connections();
    assert_eq!(
        heard().await,
        json!({ "type": "connection", "connected": false })
    );

    for (door, body) in [
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
            act(&discord, token, door, &body).await.status(),
            400,
            "{door} {body}"
        );
    }
}
