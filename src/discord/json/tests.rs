use serenity::all::{Message, MessageUpdateEvent, User};

use super::*;

#[test]
fn what_serenity_panics_on_is_refused() {
    let user = |avatar: &str| {
        let json = serde_json::json!({ "id": "1", "username": "ada", "avatar": avatar });
        parse::<User>(json.to_string().as_bytes()).map(|user| user.name)
    };
    assert_eq!(user(&"a".repeat(32)).as_deref(), Ok("ada"));
    assert!(user("too short").unwrap_err().contains("Invalid length"));
    let hash = format!("{}éa", "a".repeat(29));
    assert!(user(&hash).unwrap_err().contains("panicked"));
}

/// A message with a component that serenity does not know in a row.
fn message(id: &str) -> Value {
    json!({
        "id": id, "channel_id": "2", "author": { "id": "3", "username": "ada" }, "content": "text", "type": 0,
        "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "tts": false, "mention_everyone": false,
        "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": false,
        "components": [{ "type": 1, "components": [{ "type": 99, "label": "new" }] }],
    })
}

#[test]
fn a_component_that_serenity_does_not_know_does_not_cost_the_message() {
    let mut reply = message("5");
    reply["components"] = json!([]);
    reply["referenced_message"] = message("4");
    let bytes = |json: &Value| json.to_string().into_bytes();
    for json in [&message("5"), &reply] {
        assert!(parse::<Message>(&bytes(json)).is_err(), "{json}");
        let read: Message = parse_messages(&bytes(json)).unwrap();
        assert_eq!((read.id.get(), &*read.content), (5, "text"));
        let read: MessageUpdateEvent = parse_messages(&bytes(json)).unwrap();
        assert_eq!(read.content.as_deref(), Some("text"));
    }
    let read: Vec<Message> = parse_messages(&bytes(&json!([message("5"), reply]))).unwrap();
    assert_eq!(read.len(), 2);
}

#[test]
fn components_that_serenity_knows_are_kept() {
    let mut known = message("5");
    let button = json!({ "type": 2, "style": 1, "custom_id": "a", "label": "Approve" });
    known["components"] = json!([{ "type": 1, "components": [button] }]);
    let read: Message = parse_messages(known.to_string().as_bytes()).unwrap();
    assert_eq!(read.components.len(), 1);
}

#[test]
fn what_is_no_message_without_components_either_is_refused() {
    assert!(parse_messages::<Message>(br#"{ "components": [7] }"#).is_err());
    let mut odd = message("5");
    odd["author"]["avatar"] = json!(format!("{}\u{e9}a", "a".repeat(29)));
    let error = parse_messages::<Message>(odd.to_string().as_bytes()).unwrap_err();
    assert!(error.contains("panicked"), "{error}");
}
