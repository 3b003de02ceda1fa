//! Layouts: messages whose components are all that they show (flag `IS_COMPONENTS_V2`).

use loopback_discord::Loopback;
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::support::{call, client, id, loopback, post, request};

const FLAG: u64 = 1 << 15;

fn layout(components: &Value) -> Value {
    json!({ "flags": FLAG, "components": components })
}

fn text(content: &str) -> Value {
    json!({ "type": 10, "content": content })
}

fn button(id: &str) -> Value {
    json!({ "type": 2, "style": 1, "label": "x", "custom_id": id })
}

async fn refused(discord: &Loopback, body: &Value) -> Value {
    let (status, error) = post(discord, discord.general(), body).await;
    assert_eq!((status, &error["code"]), (400, &json!(50035)), "{body}");
    error["errors"].clone()
}

#[tokio::test]
async fn a_layout_shows_its_files_and_takes_presses_at_any_depth() {
    let discord = loopback().await;
    let section = json!({ "type": 9, "components": [text("a")], "accessory": button("deep") });
    let gallery = json!({ "type": 12, "items": [{ "media": { "url": "attachment://a.png" } }] });
    let file = json!({ "type": 13, "file": { "url": "attachment://b.txt" } });
    let row = json!({ "type": 1, "components": [button("row")] });
    let container = json!({ "type": 17, "components": [text("# Title"), section, gallery, row] });
    let body = layout(&json!([container, { "type": 14, "spacing": 2 }, file]));
    let form = Form::new()
        .text("payload_json", body.to_string())
        .part("files[0]", Part::text("picture").file_name("a.png"))
        .part("files[1]", Part::text("notes").file_name("b.txt"));
    let path = format!("/channels/{}/messages", discord.general());
    let sent = request(&discord, Method::POST, &path).multipart(form);
    let made: Value = sent.send().await.unwrap().json().await.unwrap();
    assert_eq!(made["flags"], FLAG, "{made}");
    let shown = &made["components"];
    assert_eq!(
        (&shown[2]["name"], &shown[2]["size"]),
        (&json!("b.txt"), &json!(5))
    );
    let url = shown[0]["components"][2]["items"][0]["media"]["url"].as_str();
    let picture = client().get(url.unwrap()).send().await.unwrap();
    assert_eq!(picture.text().await.unwrap(), "picture");
    assert_eq!(
        (&shown[0]["id"], &shown[0]["components"][0]["id"]),
        (&json!(1), &json!(2))
    );

    discord.press(id(&made), "deep", discord.owner());
    discord.press(id(&made), "row", discord.owner());
}

#[tokio::test]
async fn a_layout_has_nothing_but_components() {
    let discord = loopback().await;
    let parts = json!([text("x")]);
    for (field, value) in [
        ("content", json!("x")),
        ("embeds", json!([{ "title": "x" }])),
    ] {
        let mut body = layout(&parts);
        body[field] = value;
        let errors = refused(&discord, &body).await;
        let expected = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
        assert_eq!(errors[field]["_errors"][0]["code"], expected);
    }
    refused(&discord, &json!({ "components": parts })).await;

    let (_, made) = post(&discord, discord.general(), &json!({ "content": "x" })).await;
    let path = format!("/channels/{}/messages/{}", discord.general(), id(&made));
    let edit = async |body: &Value| call(&discord, Method::PATCH, &path, body).await;
    assert_eq!(edit(&layout(&parts)).await.0, 400, "the content stays");
    let mut without = layout(&parts);
    without["content"] = Value::Null;
    let (status, edited) = edit(&without).await;
    assert_eq!((status, &edited["flags"]), (200, &json!(FLAG)));
    let (status, _) = edit(&json!({ "content": "x" })).await;
    assert_eq!(status, 400, "the flag cannot be removed");
    assert_eq!(edit(&json!({ "components": [text("y")] })).await.0, 200);
}

#[tokio::test]
async fn layouts_have_discords_limits() {
    let discord = loopback().await;
    let many = vec![text("x"); 41];
    let cases = [
        json!([text("")]),
        json!([text(&"x".repeat(4001))]),
        json!(many),
        json!([button("alone")]),
        json!([{ "type": 17, "components": [] }]),
        json!([{ "type": 17, "components": [{ "type": 17, "components": [text("x")] }] }]),
        json!([{ "type": 9, "components": [text("x")] }]),
        json!([{ "type": 9, "components": [button("a")], "accessory": button("b") }]),
        json!([{ "type": 12, "items": [] }]),
        json!([{ "type": 12, "items": [{ "media": { "url": "ftp://x" } }] }]),
        json!([{ "type": 13, "file": { "url": "attachment://unknown" } }]),
        json!([{ "type": 13, "file": { "url": "https://example.com/x" } }]),
        json!([{ "type": 14, "spacing": 3 }]),
        json!([{ "type": 1, "components": [button("a"), button("a")] }]),
    ];
    for components in cases {
        refused(&discord, &layout(&components)).await;
    }
    let web = json!([{ "type": 12, "items": [{ "media": { "url": "https://example.com/x" } }] }]);
    assert_eq!(
        post(&discord, discord.general(), &layout(&web)).await.0,
        200
    );
    assert_eq!(discord.bot_messages(discord.general()).len(), 1);
}
