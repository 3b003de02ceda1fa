//! What Discord is asked for.

use serde_json::{Value, json};

use super::*;
use crate::chat::{CardField, ControlId, MenuOption};

fn page() -> Page {
    Page {
        reply_to: Some(MessageId(7)),
        notify: true,
        ..Page::text("  Hello.\n".into())
    }
}

fn created(page: &Page) -> Value {
    serde_json::to_value(create(ChannelId(1), page, "n")).unwrap()
}

#[track_caller]
fn check_known(change: &Value, expected: bool) {
    let mut found = json!({
        "id": "9", "channel_id": "1", "content": "Hello.", "timestamp": "2026-11-21T16:00:00Z",
        "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": false, "type": 19,
        "author": { "id": "2", "username": "b", "discriminator": "0", "avatar": null, "bot": true },
        "message_reference": { "message_id": "7", "channel_id": "1" },
    });
    for (key, value) in change.as_object().unwrap() {
        found[key] = value.clone();
    }
    let found: Message = serde_json::from_value(found).unwrap();
    assert_eq!(page().is(&found, UserId(2)), expected, "{change}");
}

#[test]
fn what_was_sent_is_recognized() {
    check_known(&json!({}), true);
    check_known(&json!({ "content": "Hello" }), false);
    let other =
        json!({ "id": "3", "username": "c", "discriminator": "0", "avatar": null, "bot": true });
    check_known(&json!({ "author": other }), false);
    check_known(&json!({ "message_reference": null }), false);
    let other = json!({ "message_id": "8", "channel_id": "1" });
    check_known(&json!({ "message_reference": other }), false);
    let person = json!({ "id": "2", "username": "b", "discriminator": "0", "avatar": null });
    check_known(&json!({ "author": person }), false);
}

#[test]
fn a_message_pings_only_whom_it_answers_and_unfurls_nothing() {
    let request = created(&page());
    assert_eq!(
        request["allowed_mentions"],
        json!({ "parse": [], "replied_user": true, "roles": [], "users": [] })
    );
    assert_eq!(
        (&request["flags"], &request["enforce_nonce"]),
        (&json!(4), &json!(true))
    );
    assert_eq!(request["message_reference"]["message_id"], "7");
    assert_eq!(request["message_reference"]["fail_if_not_exists"], false);
    let silent = Page {
        notify: false,
        ..page()
    };
    assert_eq!(created(&silent)["allowed_mentions"]["replied_user"], false);
    let edit = serde_json::to_value(edit(None, &page())).unwrap();
    assert_eq!(edit["allowed_mentions"]["parse"], json!([]));
    assert_eq!(edit["flags"], 4);
    assert_eq!(edit["components"], json!([]), "buttons are taken off");
    assert_eq!(edit.get("attachments"), None, "files stay");
}

#[test]
fn the_first_page_replies_and_the_last_has_controls_and_files() {
    let id = ControlId::new("x", 2).unwrap();
    let button = Control::Button(Button {
        id: id.clone(),
        label: "Go".into(),
        style: ButtonStyle::Danger,
        is_enabled: false,
    });
    let menu = Control::Menu(Menu {
        id,
        placeholder: "which?".into(),
        options: vec![MenuOption {
            value: "a".into(),
            label: "A".into(),
            description: String::new(),
        }],
        min: 1,
        max: 1,
    });
    let file = PostFile {
        name: "a.txt".into(),
        content: vec![1],
    };
    let post = Post {
        controls: vec![vec![button], vec![menu]],
        files: vec![file],
        ..Post::text("x".repeat(3_000)).replying_to(Some(MessageId(7)))
    };
    let pages = pages(post, &AnswerLimits::default());
    assert_eq!(pages.len(), 2);
    assert!(pages[0].notify && pages[0].controls.is_empty() && pages[0].files.is_empty());
    assert_eq!((pages[1].reply_to, pages[1].files.len()), (None, 1));
    let listed = json!([{ "id": 0, "filename": "a.txt", "description": null }]);
    assert_eq!(created(&pages[1])["attachments"], listed);
    let edit = serde_json::to_value(edit(Some(&pages[0]), &pages[1])).unwrap();
    assert_eq!(edit["attachments"], listed);
    let rows = &created(&pages[1])["components"];
    assert_eq!(rows[0]["components"][0]["custom_id"], "sb1:x:2");
    assert_eq!(rows[0]["components"][0]["disabled"], true);
    assert_eq!(rows[1]["components"][0]["options"][0]["value"], "a");
}

#[test]
fn a_card_is_an_embed() {
    let card = Card {
        title: "Title".into(),
        text: "Text".into(),
        fields: vec![CardField {
            name: "n".into(),
            value: "v".into(),
            is_inline: true,
        }],
        footer: "small".into(),
        color: Some(0xFF_00_00),
    };
    let post = Post {
        body: Body::Card(card),
        ..Post::default()
    };
    let request = created(&pages(post, &AnswerLimits::default())[0]);
    assert_eq!(request["embeds"][0]["title"], "Title");
    assert_eq!(request["embeds"][0]["fields"][0]["inline"], true);
    assert_eq!(request["embeds"][0]["color"], 0xFF_00_00);
    assert_eq!(request.get("flags"), None, "the flag would hide it");
}

#[test]
fn a_blank_post_has_no_pages() {
    assert!(pages(Post::text(" \n"), &AnswerLimits::default()).is_empty());
}

#[test]
fn nonces_fit_and_differ() {
    let key = PostKey::new(&"x".repeat(40));
    let nonces = [
        nonce(&key, 0, 0),
        nonce(&key, 255, 0),
        nonce(&key, 0, 1),
        nonce(&key, 1, 255),
    ];
    assert!(nonces.iter().all(|nonce| nonce.len() <= 25), "{nonces:?}");
    let mut unique = nonces.to_vec();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), nonces.len());
}
