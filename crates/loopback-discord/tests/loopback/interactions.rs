//! Interactions over REST.
//!
//! These tests verify that:
//! * an interaction is acknowledged once, in time, and with its own token;
//! * responses, follow-ups and forms come out as an app meant them.

use std::time::Duration;

use loopback_discord::Loopback;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SOON, call, get, loopback, post};

#[tokio::test]
async fn an_interaction_is_answered_once_and_in_time() {
    let discord = Loopback::builder()
        .interaction_deadline(Duration::from_mins(1))
        .start()
        .await
        .unwrap();
    let (app, general) = (discord.application(), discord.general());
    let commands = json!([{ "name": "model", "description": "Model", "options": [{ "type": 4, "name": "n", "description": "N" }] }]);
    let path = format!("/applications/{app}/commands");
    let (status, made) = call(&discord, Method::PUT, &path, &commands).await;
    assert_eq!(
        (status, &made[0]["type"], &made[0]["name"]),
        (200, &json!(1), &json!("model"))
    );
    let bad = json!([{ "name": "No Spaces", "description": "" }]);
    assert_eq!(call(&discord, Method::PUT, &path, &bad).await.0, 400);

    let asked = discord.slash(general, discord.owner(), "model", &json!({ "n": 3 }));
    let answer = async |token: &str, body: Value| {
        let path = format!("/interactions/{}/{token}/callback", asked.id());
        let (status, body) = call(&discord, Method::POST, &path, &body).await;
        (status, body["code"].as_u64())
    };
    let follow = async |method: Method, rest: &str| {
        let path = format!("/webhooks/{app}/{}{rest}", asked.token());
        let (status, body) = call(&discord, method, &path, &json!({ "content": "done" })).await;
        (status, body["code"].as_u64())
    };
    assert_eq!(
        follow(Method::POST, "").await,
        (404, Some(10015)),
        "not acknowledged"
    );
    assert_eq!(
        answer("wrong", json!({ "type": 5 })).await,
        (404, Some(10062))
    );
    assert_eq!(
        answer(&asked.token(), json!({ "type": 7 })).await,
        (400, Some(50035))
    );
    assert_eq!(
        answer(
            &asked.token(),
            json!({ "type": 5, "data": { "flags": 64 } })
        )
        .await,
        (204, None)
    );
    assert_eq!(
        answer(&asked.token(), json!({ "type": 5 })).await,
        (400, Some(40060))
    );
    assert!(asked.original().unwrap().loading);
    assert_eq!(follow(Method::PATCH, "/messages/@original").await.0, 200);
    let response = asked.response(SOON).await.unwrap();
    assert_eq!(
        (
            response.content.as_str(),
            response.ephemeral_to,
            response.edited
        ),
        ("done", Some(discord.owner()), None)
    );
    assert_eq!(follow(Method::POST, "?wait=true").await.0, 200);
    assert_eq!(asked.followups().len(), 1);
    assert_eq!(
        follow(Method::PATCH, "/messages/1").await,
        (404, Some(10008))
    );
    let (_, listed) = get(&discord, &format!("/channels/{general}/messages")).await;
    assert_eq!(
        listed.as_array().unwrap().len(),
        1,
        "ephemeral messages are not listed"
    );

    let late = Loopback::builder()
        .interaction_deadline(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let path = format!("/applications/{}/commands", late.application());
    call(&late, Method::PUT, &path, &commands).await;
    let asked = late.slash(late.general(), late.owner(), "model", &Value::Null);
    let path = format!("/interactions/{}/{}/callback", asked.id(), asked.token());
    assert_eq!(
        call(&late, Method::POST, &path, &json!({ "type": 5 }))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_form_is_shown_and_sent_in() {
    let discord = loopback().await;
    let buttons = json!([{ "type": 1, "components": [{ "type": 2, "style": 1, "label": "Edit", "custom_id": "edit" }] }]);
    let (_, made) = post(
        &discord,
        discord.general(),
        &json!({ "components": buttons }),
    )
    .await;
    let message = made["id"].as_str().unwrap().parse().unwrap();
    let pressed = discord.press(message, "edit", discord.owner());
    let field = json!({ "type": 4, "style": 1, "custom_id": "text", "label": "Text" });
    let form = json!({ "type": 9, "data": { "custom_id": "form", "title": "Edit", "components": [{ "type": 1, "components": [field] }] } });
    let path = format!(
        "/interactions/{}/{}/callback",
        pressed.id(),
        pressed.token()
    );
    assert_eq!(call(&discord, Method::POST, &path, &form).await.0, 204);
    let sent = discord.submit(&pressed, &json!({ "text": "new" }));
    let path = format!("/interactions/{}/{}/callback", sent.id(), sent.token());
    let update = json!({ "type": 7, "data": { "content": "updated", "components": [] } });
    assert_eq!(call(&discord, Method::POST, &path, &update).await.0, 204);
    assert_eq!(discord.message(message).unwrap().content, "updated");
}
