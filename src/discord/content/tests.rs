use serde_json::json;

use super::*;

#[test]
fn everything_that_a_message_shows_becomes_text() {
    let embed = json!({
        "author": { "name": "CI" },
        "title": "Build failed",
        "url": "https://ci/7",
        "description": "on main",
        "fields": [{ "name": "Commit", "value": "abc" }, { "name": "By", "value": "Ada" }],
        "footer": { "text": "5 min" },
        "image": { "url": "https://x" },
    });
    let shown_embed =
        "Embed: CI\nBuild failed\non main\nCommit: abc\nBy: Ada\n5 min\nhttps://ci/7\nhttps://x";
    let poll = json!({
        "question": { "text": "Lunch?" },
        "answers": [
            { "answer_id": 1, "poll_media": { "text": "Pizza" } },
            { "answer_id": 2, "poll_media": { "text": "Soup" } },
        ],
    });
    let container = json!([{
        "type": 17,
        "components": [
            { "type": 10, "content": "# Deploy" },
            {
                "type": 9,
                "components": [{ "type": 10, "content": "to production" }],
                "accessory": { "type": 2, "label": "Approve", "custom_id": "a" },
            },
            { "type": 12, "items": [{ "media": { "url": "https://x" }, "description": "A graph" }] },
            { "type": 14 },
        ],
    }]);
    for (message, expected) in [
        (json!({}), ""),
        (json!({ "content": "hi", "embeds": [] }), "hi"),
        (json!({ "content": "", "embeds": [embed] }), shown_embed),
        (
            json!({ "embeds": [{ "image": { "url": "https://x" } }] }),
            "Embed: https://x",
        ),
        (
            json!({ "content": "x", "poll": poll }),
            "x\nPoll: Lunch?\n- Pizza\n- Soup",
        ),
        (
            json!({ "poll": null, "sticker_items": [{ "name": "wave" }] }),
            "Sticker: wave",
        ),
        (
            json!({ "components": container }),
            "# Deploy\nto production\nApprove\nA graph",
        ),
        (
            json!({ "message_snapshots": [{ "message": { "content": "a", "embeds": [{ "title": "b" }] } }] }),
            "Forwarded: a\nEmbed: b",
        ),
        (
            json!({ "message_snapshots": [{ "content": "as serenity has it" }] }),
            "Forwarded: as serenity has it",
        ),
        (
            json!({ "message_snapshots": [{ "message": { "content": "" } }] }),
            "",
        ),
        (
            json!({ "content": 5, "embeds": "x", "components": [7, null, [[]]] }),
            "",
        ),
    ] {
        assert_eq!(readable(&message), expected, "{message}");
    }
}

#[test]
fn what_is_shown_is_bounded() {
    let mut nested = json!({ "content": "deepest" });
    for _ in 0..200 {
        nested = json!({ "components": [nested], "content": "é".repeat(1_000) });
    }
    let shown = shown(&json!({ "components": [nested] }));
    assert!(shown[0].len() <= LONGEST, "{}", shown[0].len());
    assert!(!shown[0].contains("deepest"));
}
