//! Interactions: acknowledged once and in time, with responses and follow-ups.

use std::time::Duration;

use loopback_discord::{InteractionHandle, Loopback, Snowflake};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, SOON, Socket, call, code, get, id, loopback, post};

#[tokio::test]
async fn an_interaction_is_acknowledged_once_and_in_time() {
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

    let interaction = discord.slash(general, discord.owner(), "model", &json!({ "n": 3 }));
    let acknowledge = async |token: &str, body: Value| {
        let path = format!("/interactions/{}/{token}/callback", interaction.id());
        let (status, body) = call(&discord, Method::POST, &path, &body).await;
        (status, body["code"].as_u64())
    };
    let follow = async |method: Method, rest: &str| {
        let path = format!("/webhooks/{app}/{}{rest}", interaction.token());
        let (status, body) = call(&discord, method, &path, &json!({ "content": "done" })).await;
        (status, body["code"].as_u64())
    };
    assert_eq!(
        follow(Method::POST, "").await,
        (404, Some(10015)),
        "not acknowledged"
    );
    assert_eq!(
        acknowledge("wrong", json!({ "type": 5 })).await,
        (404, Some(10062))
    );
    assert_eq!(
        acknowledge(&interaction.token(), json!({ "type": 7 })).await,
        (400, Some(50035))
    );
    assert_eq!(
        acknowledge(
            &interaction.token(),
            json!({ "type": 5, "data": { "flags": 64 } })
        )
        .await,
        (204, None)
    );
    assert_eq!(
        acknowledge(&interaction.token(), json!({ "type": 5 })).await,
        (400, Some(40060))
    );
    assert!(interaction.original().unwrap().loading);
    assert_eq!(follow(Method::PATCH, "/messages/@original").await.0, 200);
    let response = interaction.response(SOON).await.unwrap();
    assert_eq!(
        (
            response.content.as_str(),
            response.ephemeral_to,
            response.edited
        ),
        ("done", Some(discord.owner()), None)
    );
    assert_eq!(follow(Method::POST, "?wait=true").await.0, 200);
    assert_eq!(interaction.followups().len(), 1);
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
    let interaction = late.slash(late.general(), late.owner(), "model", &Value::Null);
    let path = format!(
        "/interactions/{}/{}/callback",
        interaction.id(),
        interaction.token()
    );
    assert_eq!(
        call(&late, Method::POST, &path, &json!({ "type": 5 }))
            .await
            .0,
        404
    );
}

/// Registers a command with an option that has autocomplete, in a subcommand as well.
pub(crate) async fn register(discord: &Loopback) {
    let option = json!({ "type": 3, "name": "name", "description": "N", "autocomplete": true });
    let set = json!({ "type": 1, "name": "set", "description": "S", "options": [option] });
    let commands = json!([
        { "name": "model", "description": "Model", "options": [option] },
        { "name": "config", "description": "Config", "options": [set] },
        { "name": "status", "description": "Status" },
    ]);
    let path = format!("/applications/{}/commands", discord.application());
    let (status, _) = call(discord, Method::PUT, &path, &commands).await;
    assert_eq!(status, 200);
}

/// Sends a callback. Returns the status and the body.
pub(crate) async fn respond(
    discord: &Loopback,
    to: &InteractionHandle,
    body: &Value,
) -> (u16, Value) {
    let path = format!("/interactions/{}/{}/callback", to.id(), to.token());
    call(discord, Method::POST, &path, body).await
}

/// The path of the webhook of an interaction.
pub(crate) fn webhook(discord: &Loopback, of: &InteractionHandle, rest: &str) -> String {
    format!("/webhooks/{}/{}{rest}", discord.application(), of.token())
}

/// Posts a message of the bot with one button.
pub(crate) async fn post_button(discord: &Loopback, custom_id: &str) -> Snowflake {
    let button = json!({ "type": 2, "style": 1, "label": "Edit", "custom_id": custom_id });
    let rows = json!([{ "type": 1, "components": [button] }]);
    let body = json!({ "content": "one", "components": rows });
    id(&post(discord, discord.general(), &body).await.1)
}

/// A callback that opens a modal with these components.
pub(crate) fn modal(fields: &Value) -> Value {
    json!({ "type": 9, "data": { "custom_id": "form", "title": "Edit", "components": fields } })
}

#[tokio::test]
async fn a_response_is_returned_on_request() {
    let discord = loopback().await;
    register(&discord).await;
    let (general, owner) = (discord.general(), discord.owner());
    for query in ["with_response=1", "with_response=true"] {
        let interaction = discord.slash(general, owner, "status", &Value::Null);
        let path = format!(
            "/interactions/{}/{}/callback?{query}",
            interaction.id(),
            interaction.token()
        );
        let body = json!({ "type": 4, "data": { "content": "fine" } });
        let (status, body) = call(&discord, Method::POST, &path, &body).await;
        assert_eq!(
            (status, &body["resource"]["type"]),
            (200, &json!(4)),
            "{query}"
        );
        assert_eq!(body["resource"]["message"]["content"], "fine");
        assert_eq!(body["interaction"]["type"], 2);
        let original = interaction.original().unwrap().id;
        assert_eq!(body["interaction"]["response_message_id"], json!(original));
    }
    let interaction = discord.slash(general, owner, "status", &Value::Null);
    let body = json!({ "type": 4, "data": { "content": "fine" } });
    assert_eq!(respond(&discord, &interaction, &body).await.0, 204);
}

#[tokio::test]
async fn callbacks_fit_their_interaction() {
    let discord = loopback().await;
    register(&discord).await;
    let (general, owner) = (discord.general(), discord.owner());
    let message = post_button(&discord, "edit").await;
    let slash = || discord.slash(general, owner, "status", &Value::Null);
    let press = || discord.press(message, "edit", owner);
    let typed = || discord.autocomplete(general, owner, "model", &json!({ "name": "" }), "name");
    let field = json!({ "type": 4, "style": 1, "custom_id": "text", "label": "Text" });
    let fields = json!([{ "type": 1, "components": [field] }]);
    let body = |kind: u64| match kind {
        8 => json!({ "type": 8, "data": { "choices": [] } }),
        9 => modal(&fields),
        _ => json!({ "type": kind, "data": { "content": "x" } }),
    };
    let accepted = async |make: &dyn Fn() -> InteractionHandle| {
        let mut kinds = Vec::new();
        for kind in 1..=12 {
            let (status, refused) = respond(&discord, &make(), &body(kind)).await;
            if status == 204 {
                kinds.push(kind);
            } else {
                assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{kind}");
            }
        }
        kinds
    };
    assert_eq!(accepted(&slash).await, [4, 5, 9]);
    assert_eq!(accepted(&typed).await, [8]);
    let message = post_button(&discord, "edit").await;
    let opened = discord.press(message, "edit", owner);
    respond(&discord, &opened, &modal(&fields)).await;
    let from_button = || discord.submit(&opened, &json!({ "text": "x" }));
    assert_eq!(accepted(&from_button).await, [4, 5, 6, 7]);
    let opened = slash();
    respond(&discord, &opened, &modal(&fields)).await;
    let from_command = || discord.submit(&opened, &json!({ "text": "x" }));
    assert_eq!(accepted(&from_command).await, [4, 5]);
    assert_eq!(accepted(&press).await, [4, 5, 6, 7, 9]);
}

#[tokio::test]
async fn the_token_of_an_interaction_expires() {
    let discord = Loopback::builder()
        .interaction_token_life(Duration::ZERO)
        .start()
        .await
        .unwrap();
    register(&discord).await;
    let interaction = discord.slash(discord.general(), discord.owner(), "status", &Value::Null);
    let body = json!({ "type": 4, "data": { "content": "fine" } });
    assert_eq!(respond(&discord, &interaction, &body).await.0, 204);
    let content = json!({ "content": "late" });
    for (method, rest) in [
        (Method::POST, ""),
        (Method::GET, "/messages/@original"),
        (Method::PATCH, "/messages/@original"),
        (Method::DELETE, "/messages/@original"),
    ] {
        let path = webhook(&discord, &interaction, rest);
        let refused = code(&discord, method, &path, &content).await;
        assert_eq!(refused, (401, Some(50027)), "{rest}");
    }
    assert_eq!(interaction.original().unwrap().content, "fine");
    let channel = format!("/channels/{}/messages", discord.general());
    let own = format!("{channel}/{}", interaction.original().unwrap().id);
    assert_eq!(
        call(&discord, Method::PATCH, &own, &content).await.0,
        200,
        "by the bot's token"
    );
}

#[tokio::test]
async fn an_ephemeral_response_exists_for_one_user_and_the_token() {
    let discord = loopback().await;
    register(&discord).await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let (general, owner) = (discord.general(), discord.owner());
    let button = json!({ "type": 2, "style": 1, "label": "Go", "custom_id": "go" });
    let rows = json!([{ "type": 1, "components": [button] }]);
    let interaction = discord.slash(general, owner, "status", &Value::Null);
    socket.event("INTERACTION_CREATE").await;
    let data = json!({ "content": "secret", "flags": 64, "components": rows });
    let body = json!({ "type": 4, "data": data });
    assert_eq!(respond(&discord, &interaction, &body).await.0, 204);
    let original = interaction.original().unwrap();
    assert_eq!(discord.messages_for(general, owner).len(), 1);
    assert_eq!(discord.messages_for(general, discord.member()).len(), 0);
    let own = format!("/channels/{general}/messages/{}", original.id);
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let missing = code(&discord, method, &own, &json!({ "content": "x" })).await;
        assert_eq!(missing, (404, Some(10008)));
    }

    let pressed = discord.press(original.id, "go", owner);
    let event = socket.event("INTERACTION_CREATE").await;
    assert_eq!(event["message"]["flags"], 64);
    assert_eq!(event["message"]["content"], "secret");
    let update = json!({ "type": 7, "data": { "content": "done", "components": [] } });
    assert_eq!(respond(&discord, &pressed, &update).await.0, 204);
    assert_eq!(discord.message(original.id).unwrap().content, "done");
    let path = webhook(&discord, &interaction, "/messages/@original");
    assert_eq!(
        code(&discord, Method::DELETE, &path, &Value::Null).await,
        (204, None)
    );
    assert_eq!(discord.messages(general).len(), 0);
    discord.say(general, owner, "next");
    let event = socket.event("MESSAGE_CREATE").await;
    assert_eq!(event["content"], "next", "nothing of it was an event");
}

#[tokio::test]
async fn follow_ups_are_edited_and_deleted() {
    let discord = loopback().await;
    register(&discord).await;
    let (general, owner) = (discord.general(), discord.owner());
    let interaction = discord.slash(general, owner, "status", &Value::Null);
    respond(&discord, &interaction, &json!({ "type": 5 })).await;
    let path = webhook(&discord, &interaction, "");
    let (_, first) = call(&discord, Method::POST, &path, &json!({ "content": "1" })).await;
    let original = interaction.response(SOON).await.unwrap();
    assert_eq!(
        (original.id, original.content.as_str()),
        (id(&first), "1"),
        "fills it in"
    );
    let body = json!({ "content": "2", "flags": 64 });
    let (status, made) = call(&discord, Method::POST, &path, &body).await;
    assert_eq!((status, &made["flags"]), (200, &json!(64)));
    let followed_up = interaction.followed_up(1, SOON).await.unwrap();
    assert_eq!(followed_up[0].ephemeral_to, Some(owner));
    let own = webhook(&discord, &interaction, &format!("/messages/{}", id(&made)));
    let (_, edited) = call(&discord, Method::PATCH, &own, &json!({ "content": "3" })).await;
    assert_eq!(edited["content"], "3");
    assert_eq!(get(&discord, &own).await.1["content"], "3");
    assert_eq!(
        code(&discord, Method::DELETE, &own, &Value::Null).await,
        (204, None)
    );
    let again = code(&discord, Method::DELETE, &own, &Value::Null).await;
    assert_eq!(again, (404, Some(10008)));
    assert!(interaction.followups().is_empty());
    let other = discord.say(general, owner, "hello");
    let other = webhook(&discord, &interaction, &format!("/messages/{other}"));
    let refused = code(&discord, Method::DELETE, &other, &Value::Null).await;
    assert_eq!(refused, (404, Some(10008)), "a message of somebody else");
}
