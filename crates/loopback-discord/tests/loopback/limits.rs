//! Rate limits in force.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{loopback, request};

#[tokio::test]
async fn responses_describe_their_bucket() {
    let discord = loopback().await;
    discord.usual_limits();
    let hello = json!({ "content": "hello" });
    let send = async |channel| -> Response {
        let path = format!("/channels/{channel}/messages");
        request(&discord, Method::POST, &path)
            .json(&hello)
            .send()
            .await
            .unwrap()
    };
    let general = discord.general();
    for remaining in ["4", "3", "2", "1", "0"] {
        let response = send(general).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-ratelimit-remaining"], remaining);
        assert_eq!(response.headers()["x-ratelimit-limit"], "5");
        for name in [
            "x-ratelimit-reset",
            "x-ratelimit-reset-after",
            "x-ratelimit-bucket",
        ] {
            assert!(response.headers().contains_key(name), "{name}");
        }
    }
    let refused = send(general).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-scope"], "user");
    assert_eq!(refused.headers()["retry-after"], "5");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["global"], false);
    assert!(body["retry_after"].as_f64().unwrap() <= 5.0, "{body}");
    assert_eq!(discord.overruns(), 1);
    assert_eq!(
        send(discord.channel("rust")).await.status(),
        200,
        "another bucket"
    );
}

#[tokio::test]
async fn interactions_have_buckets_of_their_own() {
    let discord = loopback().await;
    discord.limit("/webhooks/**", 1, Duration::from_mins(1));
    let call = async |token: &str| {
        let path = format!(
            "/webhooks/{}/{token}/messages/@original",
            discord.application()
        );
        request(&discord, Method::GET, &path)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        [call("a").await, call("a").await, call("b").await],
        [404, 429, 404]
    );
}

#[tokio::test]
async fn every_answer_describes_its_bucket() {
    let discord = loopback().await;
    let here = discord.general();
    let headers = async |method: Method, path: &str| {
        let response = request(&discord, method, path).send().await.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        for name in ["limit", "remaining", "reset", "reset-after"] {
            let value: f64 = header(&format!("x-ratelimit-{name}")).parse().unwrap();
            assert!(value > 0.0, "{path} {name}");
        }
        header("x-ratelimit-bucket")
    };
    let me = headers(Method::GET, "/users/@me").await;
    let unknown = headers(Method::GET, "/channels/1").await;
    let known = headers(Method::GET, &format!("/channels/{here}")).await;
    headers(Method::GET, "/nowhere").await;
    assert_ne!(me, known);
    assert_eq!(unknown, known, "the channel is not part of a bucket's name");
}
