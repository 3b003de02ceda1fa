//! Faults of calls, and timeouts of waiting.

use std::time::{Duration, Instant};

use loopback_discord::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SOON, loopback, post, request};

#[tokio::test]
async fn calls_fail_as_configured() {
    let discord = loopback().await;
    let general = discord.general();
    let route = "POST /channels/*/messages";
    let hello = json!({ "content": "hello", "nonce": "1", "enforce_nonce": true });
    let path = format!("/channels/{general}/messages");

    discord.inject(Fault::rate_limited(route, Duration::from_millis(1500)));
    discord.inject(Fault::status(route, 503));
    discord.inject(Fault::banned(route, Duration::from_mins(1)));
    let limited = request(&discord, Method::POST, &path)
        .json(&hello)
        .send()
        .await
        .unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "2");
    assert_eq!(limited.headers()["x-ratelimit-scope"], "user");
    let body: Value = limited.json().await.unwrap();
    assert_eq!(
        (&body["retry_after"], &body["global"]),
        (&json!(1.5), &json!(false))
    );
    assert_eq!(post(&discord, general, &hello).await.0, 503);
    let banned = request(&discord, Method::POST, &path)
        .json(&hello)
        .send()
        .await
        .unwrap();
    assert!(banned.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(discord.messages(general).len(), 0);

    discord.inject(Fault::dropped(route));
    assert!(
        request(&discord, Method::POST, &path)
            .json(&hello)
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        discord.messages(general).len(),
        0,
        "dropped before it was performed"
    );
    discord.inject(Fault::lost_answer(route).channel(general));
    assert!(
        request(&discord, Method::POST, &path)
            .json(&hello)
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        discord.messages(general).len(),
        1,
        "performed, and the response lost"
    );
    assert_eq!(discord.calls().last().unwrap().status, None);
    assert_eq!(post(&discord, general, &hello).await.0, 200);
    assert_eq!(
        discord.messages(general).len(),
        1,
        "the nonce identifies it"
    );

    discord.inject(Fault::delayed(route, Duration::from_millis(80)));
    let before = Instant::now();
    assert_eq!(
        post(&discord, general, &json!({ "content": "late" }))
            .await
            .0,
        200
    );
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn calls_wait_while_they_are_held() {
    let discord = loopback().await;
    let general = discord.general();
    let hold = discord.hold("POST /channels/*/messages");
    let request = request(
        &discord,
        Method::POST,
        &format!("/channels/{general}/messages"),
    );
    let sending = tokio::spawn(request.json(&json!({ "content": "held" })).send());
    discord
        .wait_until(SOON, "the call", |view| !view.calls().is_empty())
        .await
        .unwrap();
    assert!(discord.messages(general).is_empty());
    assert_eq!(discord.calls()[0].status, None);
    hold.release();
    assert_eq!(sending.await.unwrap().unwrap().status(), 200);
    assert_eq!(
        post(&discord, general, &json!({ "content": "free" }))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn a_timeout_shows_the_state() {
    let discord = loopback().await;
    discord.say(discord.general(), discord.owner(), "is anybody there?");
    let waited = discord
        .wait_until(Duration::from_millis(20), "a reply", |_| false)
        .await;
    let error = waited.unwrap_err().to_string();
    assert!(
        error.contains("a reply") && error.contains("is anybody there?"),
        "{error}"
    );
}
