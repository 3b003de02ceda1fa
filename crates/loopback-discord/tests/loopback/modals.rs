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

/// Opens a modal with these fields in labels, and submits these values. Returns what the bot gets of each field.
async fn submitted(fields: &[Value], values: &Value) -> Vec<Value> {
    let discord = loopback().await;
    register(&discord).await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let opened = discord.slash(discord.general(), discord.owner(), "status", &Value::Null);
    socket.event("INTERACTION_CREATE").await;
    let labels = fields.iter().map(label).collect::<Vec<_>>();
    let (status, _) = respond(&discord, &opened, &modal(&json!(labels))).await;
    assert_eq!(status, 204);
    discord.submit(&opened, values);
    let event = socket.event("INTERACTION_CREATE").await;
    let labels = event["data"]["components"].as_array().unwrap().clone();
    let fields = labels.into_iter().map(|mut label| {
        assert_eq!((&label["type"], label.get("label")), (&json!(18), None));
        label["component"].take()
    });
    fields.collect()
}

fn label(field: &Value) -> Value {
    json!({ "type": 18, "label": "L", "component": field })
}

fn options(number: usize) -> Vec<Value> {
    let options =
        (0..number).map(|it| json!({ "label": format!("O{it}"), "value": it.to_string() }));
    options.collect()
}

#[tokio::test]
async fn radio_buttons_and_checkboxes_are_sent_as_discord_sends_them() {
    let fields = [
        json!({ "type": 21, "custom_id": "one", "options": options(2) }),
        json!({ "type": 21, "custom_id": "none", "options": options(2), "required": false }),
        json!({ "type": 22, "custom_id": "some", "options": options(3) }),
        json!({ "type": 23, "custom_id": "ticked" }),
        json!({ "type": 23, "custom_id": "left" }),
    ];
    let values = json!({ "one": "1", "some": ["0", "2"], "ticked": true });
    assert_eq!(
        submitted(&fields, &values).await,
        [
            json!({ "type": 21, "custom_id": "one", "value": "1" }),
            json!({ "type": 21, "custom_id": "none", "value": null }),
            json!({ "type": 22, "custom_id": "some", "values": ["0", "2"] }),
            json!({ "type": 23, "custom_id": "ticked", "value": true }),
            json!({ "type": 23, "custom_id": "left", "value": false }),
        ]
    );
}

#[tokio::test]
async fn labels_have_discords_limits() {
    let discord = loopback().await;
    register(&discord).await;
    let (general, owner) = (discord.general(), discord.owner());
    let interaction = discord.slash(general, owner, "status", &Value::Null);
    let text = json!({ "type": 4, "style": 1, "custom_id": "text" });
    let radio = |number| json!({ "type": 21, "custom_id": "radio", "options": options(number) });
    let boxes = |number| json!({ "type": 22, "custom_id": "boxes", "options": options(number) });
    let with = |mut value: Value, name: &str, to: Value| {
        value[name] = to;
        value
    };
    for wrong in [
        json!([text]),
        json!([with(label(&text), "label", json!("l".repeat(46)))]),
        json!([with(label(&text), "label", Value::Null)]),
        json!([with(label(&text), "description", json!("d".repeat(101)))]),
        json!([label(
            &json!({ "type": 2, "style": 1, "custom_id": "b", "label": "B" })
        )]),
        json!([label(&json!({ "type": 99, "custom_id": "x" }))]),
        json!([label(&text), label(&text)]),
        json!([label(&radio(1))]),
        json!([label(&radio(11))]),
        json!([label(&boxes(0))]),
        json!([label(&boxes(11))]),
        json!([label(&with(boxes(2), "max_values", json!(11)))]),
        json!([label(&with(boxes(2), "min_values", json!(0)))]),
        json!([{ "type": 1, "components": [radio(2)] }]),
    ] {
        let (status, refused) = respond(&discord, &interaction, &modal(&wrong)).await;
        assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{wrong}");
    }
    let fine = json!([label(&text), label(&radio(10)), label(&boxes(10))]);
    assert_eq!(respond(&discord, &interaction, &modal(&fine)).await.0, 204);
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
