use proptest::prelude::*;
use serde_json::{Value, json};

use super::{AnyInteraction, entered};
use crate::discord::json::parse;

fn label(component: &Value) -> Value {
    json!({ "type": 18, "id": 1, "component": component })
}

#[test]
fn every_field_of_a_form_is_read() {
    let text = json!({ "type": 4, "custom_id": "t", "value": "so" });
    let cases = [
        (
            json!({ "type": 1, "components": [text] }),
            vec![("t", "so")],
        ),
        (label(&text), vec![("t", "so")]),
        (
            label(&json!({ "type": 3, "custom_id": "m", "values": ["a", "b"] })),
            vec![("m", "a"), ("m", "b")],
        ),
        (
            label(&json!({ "type": 21, "custom_id": "r", "value": "1" })),
            vec![("r", "1")],
        ),
        (
            label(&json!({ "type": 21, "custom_id": "r", "value": null })),
            vec![],
        ),
        (
            label(&json!({ "type": 22, "custom_id": "c", "values": ["0", "2"] })),
            vec![("c", "0"), ("c", "2")],
        ),
        (
            label(&json!({ "type": 23, "custom_id": "b", "value": true })),
            vec![("b", "true")],
        ),
        (
            label(&json!({ "type": 23, "custom_id": "b", "value": false })),
            vec![("b", "false")],
        ),
        (json!({ "type": 10, "id": 3 }), vec![]),
    ];
    let all: Vec<Value> = cases.iter().map(|(row, _)| row.clone()).collect();
    let wanted: Vec<_> = cases
        .iter()
        .flat_map(|(_, fields)| fields.clone())
        .collect();
    let found = entered(&all.into());
    let found: Vec<_> = found.iter().map(|(id, it)| (&**id, &**it)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_component_that_serenity_does_not_know_costs_nothing() {
    let unknown = json!({ "type": 1, "components": [{ "type": 99, "custom_id": "x" }] });
    let text = label(&json!({ "type": 4, "custom_id": "t", "value": "so" }));
    let form = json!({
        "id": "1", "application_id": "2", "type": 5, "token": "t", "version": 1, "channel_id": "3",
        "user": { "id": "4", "username": "ada", "discriminator": "0", "avatar": null },
        "locale": "en-US", "entitlements": [], "attachment_size_limit": 1, "app_permissions": "0",
        "authorizing_integration_owners": {},
        "data": { "custom_id": "f", "components": [unknown, text] },
    });
    let read: AnyInteraction = parse(form.to_string().as_bytes()).unwrap();
    assert_eq!(read.fields, [("t".to_owned(), "so".to_owned())]);
}

#[test]
fn a_message_with_such_a_component_can_be_chosen() {
    let unknown = json!({ "type": 1, "components": [{ "type": 99, "custom_id": "x" }] });
    let user = json!({ "id": "4", "username": "ada", "discriminator": "0", "avatar": null });
    let message = json!({
        "id": "5", "channel_id": "3", "author": user, "content": "text", "type": 0,
        "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "tts": false, "mention_everyone": false,
        "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": false,
        "components": [unknown],
    });
    let command = json!({
        "id": "1", "application_id": "2", "type": 2, "token": "t", "version": 1, "channel_id": "3", "user": user,
        "locale": "en-US", "entitlements": [], "attachment_size_limit": 1, "app_permissions": "0",
        "authorizing_integration_owners": {},
        "data": { "id": "6", "name": "Ask", "type": 3, "target_id": "5", "resolved": { "messages": { "5": message } } },
    });
    let read: AnyInteraction = parse(command.to_string().as_bytes()).unwrap();
    let serenity::all::Interaction::Command(read) = read.interaction else {
        panic!("{:?}", read.interaction);
    };
    let messages = read.data.resolved.messages;
    let texts: Vec<_> = messages
        .values()
        .map(|message| &message.content[..])
        .collect();
    assert_eq!(texts, ["text"]);

    let text = label(&json!({ "type": 4, "custom_id": "t", "value": "so" }));
    let mut form = command.clone();
    form["type"] = json!(5);
    form["message"] = message;
    form["data"] = json!({ "custom_id": "f", "components": [text] });
    let read: AnyInteraction = parse(form.to_string().as_bytes()).unwrap();
    assert_eq!(read.fields, [("t".to_owned(), "so".to_owned())]);
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(text in r#"[\[\]{}":,a-z0-9 ]{0,60}"#, kind in 0..30_u64, value in any::<bool>()) {
        drop(parse::<AnyInteraction>(text.as_bytes()));
        let odd = [json!(text), json!(value), json!([text]), json!({ "type": kind, "custom_id": text, "value": value })];
        for it in odd.clone() {
            entered(&it);
            entered(&json!([it]));
            entered(&json!([{ "type": 18, "component": it }, { "components": it }]));
        }
        entered(&json!(odd));
    }
}
