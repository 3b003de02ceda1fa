//! Invalid calls are refused with Discord's status, code and tree of errors, and have no effect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{call, loopback};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of invalid calls")]
async fn invalid_calls_are_refused() {
    let discord = loopback().await;
    let general = discord.general();
    let of_owner = discord.say(general, discord.owner(), "mine");
    let messages = format!("/channels/{general}/messages");
    let over = "é".repeat(2001);
    let button = |id: &str| json!({ "type": 2, "style": 1, "label": "x", "custom_id": id });
    let menu = |values: &[&str]| {
        let options = values.iter();
        let options: Vec<_> = options
            .map(|value| json!({ "label": "x", "value": value }))
            .collect();
        json!({ "type": 3, "custom_id": "menu", "options": options })
    };
    let row = |held: &[Value]| json!({ "content": "x", "components": [{ "type": 1, "components": held }] });
    let pings = |allowed: Value| json!({ "content": "x", "allowed_mentions": allowed });
    let post = |body: Value| (Method::POST, messages.clone(), body);
    let cases = [
        (post(json!({})), 400, 50006),
        (post(json!({ "content": " \n" })), 400, 50006),
        (post(json!({ "content": over })), 400, 50035),
        (post(json!({ "content": 5 })), 400, 50035),
        (
            post(json!({ "content": "x", "nonce": "n".repeat(26) })),
            400,
            50035,
        ),
        (
            post(json!({ "content": "x", "message_reference": { "message_id": "1" } })),
            400,
            50035,
        ),
        (
            post(json!({ "content": "x", "message_reference": {} })),
            400,
            50035,
        ),
        (
            post(json!({ "content": "x", "embeds": [{ "description": "d".repeat(4097) }] })),
            400,
            50035,
        ),
        (post(row(&[])), 400, 50035),
        (post(row(&[button("a"), button("a")])), 400, 50035),
        (
            post(row(&[json!({ "type": 2, "style": 1, "label": "no id" })])),
            400,
            50035,
        ),
        (post(row(&[menu(&[])])), 400, 50035),
        (post(row(&[menu(&["a", "a"])])), 400, 50035),
        (post(row(&[menu(&["x".repeat(101).as_str()])])), 400, 50035),
        (post(row(&[menu(&["a"]), button("b")])), 400, 50035),
        (
            post(pings(json!({ "parse": ["users"], "users": ["1"] }))),
            400,
            50035,
        ),
        (post(pings(json!({ "parse": ["all"] }))), 400, 50035),
        (
            (
                Method::POST,
                "/channels/1/messages".into(),
                json!({ "content": "x" }),
            ),
            404,
            10003,
        ),
        (
            (Method::POST, "/channels/1/typing".into(), Value::Null),
            404,
            10003,
        ),
        (
            (
                Method::PATCH,
                format!("{messages}/1"),
                json!({ "content": "x" }),
            ),
            404,
            10008,
        ),
        (
            (
                Method::PATCH,
                format!("{messages}/{of_owner}"),
                json!({ "content": "x" }),
            ),
            403,
            50005,
        ),
        ((Method::GET, "/nowhere".into(), Value::Null), 404, 0),
        ((Method::DELETE, "/users/@me".into(), Value::Null), 405, 0),
    ];
    for ((method, path, body), status, code) in cases {
        let refused = call(&discord, method, &path, &body).await;
        assert_eq!(
            (refused.0, &refused.1["code"]),
            (status, &json!(code)),
            "{path} {body}"
        );
    }
    let (_, refused) = call(
        &discord,
        Method::POST,
        &messages,
        &json!({ "content": over }),
    )
    .await;
    let expected = json!({ "content": { "_errors": [{ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." }] } });
    assert_eq!(refused["errors"], expected);
    assert_eq!(discord.bot_messages(general).len(), 0);
    assert_eq!(
        call(
            &discord,
            Method::POST,
            &messages,
            &json!({ "content": "é".repeat(2000) })
        )
        .await
        .0,
        200
    );
    let missing = json!({ "content": "x", "message_reference": { "message_id": "1", "fail_if_not_exists": false } });
    assert_eq!(
        call(&discord, Method::POST, &messages, &missing).await.0,
        200
    );
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_by_its_name() {
    let discord = loopback().await;
    let messages = format!("/channels/{}/messages", discord.general());
    let cases = [
        (
            "/channels/general".to_owned(),
            "channel_id",
            "NUMBER_TYPE_COERCE",
        ),
        (
            format!("{messages}/last"),
            "message_id",
            "NUMBER_TYPE_COERCE",
        ),
        (
            format!("{messages}?limit=many"),
            "_query",
            "NUMBER_TYPE_COERCE",
        ),
        (
            format!("{messages}?limit=101"),
            "limit",
            "NUMBER_TYPE_RANGE",
        ),
    ];
    for (path, field, code) in cases {
        let (status, refused) = call(&discord, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{path}");
        assert_eq!(
            refused["errors"][field]["_errors"][0]["code"], code,
            "{path}"
        );
    }
}
