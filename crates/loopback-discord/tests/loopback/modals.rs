//! Modals: opened, submitted, and their limits.

use serde_json::{Value, json};

use crate::{
    interactions::{modal, post_button, register, respond},
    support::{ALL_INTENTS, SOON, Socket, loopback},
};

#[tokio::test]
async fn a_modal_is_opened_and_submitted() {
    let discord = loopback().await;
    let message = post_button(&discord, "edit").await;
    let pressed = discord.press(message, "edit", discord.owner());
    let field = json!({ "type": 4, "style": 1, "custom_id": "text", "label": "Text" });
    let form = modal(&json!([{ "type": 1, "components": [field] }]));
    assert_eq!(respond(&discord, &pressed, &form).await.0, 204);
    assert_eq!(pressed.modal(SOON).await.unwrap()["title"], "Edit");
    let submitted = discord.submit(&pressed, &json!({ "text": "new" }));
    let update = json!({ "type": 7, "data": { "content": "updated", "components": [] } });
    assert_eq!(respond(&discord, &submitted, &update).await.0, 204);
    assert_eq!(discord.message(message).unwrap().content, "updated");
}

#[tokio::test]
async fn a_modal_with_labels_sends_text_and_choices() {
    let discord = loopback().await;
    register(&discord).await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let opened = discord.slash(discord.general(), discord.owner(), "status", &Value::Null);
    socket.event("INTERACTION_CREATE").await;
    let text =
        json!({ "type": 4, "style": 2, "custom_id": "text", "value": "old", "max_length": 9 });
    let menu =
        json!({ "type": 3, "custom_id": "menu", "options": [{ "label": "A", "value": "a" }] });
    let labels = [text, menu].map(|field| json!({ "type": 18, "label": "L", "component": field }));
    assert_eq!(
        respond(&discord, &opened, &modal(&json!(labels))).await.0,
        204
    );
    discord.submit(&opened, &json!({ "menu": ["a"] }));
    let event = socket.event("INTERACTION_CREATE").await;
    let entered = &event["data"]["components"];
    assert_eq!(
        (&event["type"], &event["data"]["custom_id"]),
        (&json!(5), &json!("form"))
    );
    assert_eq!(
        entered[0]["component"]["value"], "old",
        "the value that the app put there"
    );
    assert_eq!(entered[1]["component"]["values"], json!(["a"]));
}

#[tokio::test]
async fn a_modal_has_discords_limits() {
    let discord = loopback().await;
    register(&discord).await;
    let (general, owner) = (discord.general(), discord.owner());
    let interaction = discord.slash(general, owner, "status", &Value::Null);
    let field = |change: &dyn Fn(&mut Value)| {
        let mut field = json!({ "type": 4, "style": 1, "custom_id": "text", "label": "Text" });
        change(&mut field);
        json!([{ "type": 1, "components": [field] }])
    };
    let row = field(&|_| {})[0].clone();
    let set = |name: &'static str, value: Value| {
        field(&move |field: &mut Value| field[name] = value.clone())
    };
    for wrong in [
        json!([]),
        json!(vec![row; 6]),
        json!([{ "type": 1, "components": [] }]),
        json!([{ "type": 2 }]),
        set("custom_id", Value::Null),
        set("style", json!(3)),
        set("label", json!("l".repeat(46))),
        set("placeholder", json!("p".repeat(101))),
        set("value", json!("v".repeat(4001))),
        set("max_length", json!(4001)),
    ] {
        let (status, refused) = respond(&discord, &interaction, &modal(&wrong)).await;
        assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{wrong}");
    }
    let mut long = modal(&field(&|_| {}));
    long["data"]["title"] = json!("t".repeat(46));
    assert_eq!(respond(&discord, &interaction, &long).await.0, 400);
    assert_eq!(
        respond(&discord, &interaction, &modal(&field(&|_| {})))
            .await
            .0,
        204
    );
}
