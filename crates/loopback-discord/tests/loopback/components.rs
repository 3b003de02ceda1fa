//! Buttons, menus and autocomplete.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    interactions::{post_button, register, respond, webhook},
    support::{ALL_INTENTS, SOON, Socket, call, id, loopback, post},
};

#[tokio::test]
async fn a_press_shows_the_message_as_it_is() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let (general, owner) = (discord.general(), discord.owner());
    let message = post_button(&discord, "revision-1").await;
    let path = format!("/channels/{general}/messages/{message}");
    let button = json!({ "type": 2, "style": 1, "label": "Edit", "custom_id": "revision-2" });
    let rows = json!([{ "type": 1, "components": [button] }]);
    let edit = json!({ "content": "two", "components": rows });
    assert_eq!(call(&discord, Method::PATCH, &path, &edit).await.0, 200);
    let pressed = discord.press(message, "revision-2", owner);
    let event = socket.skip_to("INTERACTION_CREATE").await;
    assert_eq!(event["data"]["custom_id"], "revision-2");
    assert_eq!(event["message"]["content"], "two");
    assert_eq!(event["member"]["user"]["id"], json!(owner));
    assert_eq!(
        respond(&discord, &pressed, &json!({ "type": 6 })).await.0,
        204
    );
    assert_eq!(pressed.original().unwrap().id, message);
    let again = respond(&discord, &pressed, &json!({ "type": 6 })).await;
    assert_eq!((again.0, &again.1["code"]), (400, &json!(40060)));
    let original = webhook(&discord, &pressed, "/messages/@original");
    let (_, edited) = call(
        &discord,
        Method::PATCH,
        &original,
        &json!({ "content": "three" }),
    )
    .await;
    assert_eq!(edited["id"], json!(message));
    assert_eq!(discord.message(message).unwrap().content, "three");
}

#[tokio::test]
async fn a_menu_sends_the_chosen_values() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let options = ["a", "b", "c"].map(|name| json!({ "label": name, "value": name }));
    let menu = json!({ "type": 3, "custom_id": "menu", "options": options, "max_values": 2 });
    let rows = json!([{ "type": 1, "components": [menu] }]);
    let (_, made) = post(&discord, discord.general(), &json!({ "components": rows })).await;
    discord.pick(id(&made), "menu", discord.owner(), &["c", "a"]);
    let event = socket.skip_to("INTERACTION_CREATE").await;
    let expected = json!({ "custom_id": "menu", "component_type": 3, "values": ["c", "a"] });
    assert_eq!((&event["type"], &event["data"]), (&json!(3), &expected));
}

#[tokio::test]
async fn autocomplete_offers_choices() {
    let discord = loopback().await;
    register(&discord).await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let (general, owner) = (discord.general(), discord.owner());
    let typed = json!({ "name": "op" });
    let interaction = discord.autocomplete(general, owner, "model", &typed, "name");
    let event = socket.event("INTERACTION_CREATE").await;
    assert_eq!(
        (&event["type"], &event["data"]["name"]),
        (&json!(4), &json!("model"))
    );
    let focused = json!([{ "name": "name", "type": 3, "value": "op", "focused": true }]);
    assert_eq!(event["data"]["options"], focused);
    let choices = json!([{ "name": "Opus", "value": "opus" }]);
    let body = json!({ "type": 8, "data": { "choices": choices } });
    assert_eq!(respond(&discord, &interaction, &body).await.0, 204);
    assert_eq!(json!(interaction.choices(SOON).await.unwrap()), choices);

    let typed = json!({ "set": { "name": "" } });
    let interaction = discord.autocomplete(general, owner, "config", &typed, "name");
    let event = socket.event("INTERACTION_CREATE").await;
    let options = &event["data"]["options"][0];
    assert_eq!(
        (&options["name"], &options["type"]),
        (&json!("set"), &json!(1))
    );
    assert_eq!(options["options"][0]["focused"], true);
    let many = vec![json!({ "name": "x", "value": "x" }); 26];
    for wrong in [
        json!(many),
        json!([{ "name": "", "value": "x" }]),
        json!([{ "name": "x" }]),
        json!([{ "name": "x", "value": "x".repeat(101) }]),
        Value::Null,
    ] {
        let body = json!({ "type": 8, "data": { "choices": wrong } });
        let refused = respond(&discord, &interaction, &body).await;
        assert_eq!(
            (refused.0, &refused.1["code"]),
            (400, &json!(50035)),
            "{wrong}"
        );
    }
}
