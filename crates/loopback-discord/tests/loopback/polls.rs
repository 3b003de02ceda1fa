//! Polls: their shape and limits, votes of people, and their end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{INTENTS, Socket, call, code, get, id, loopback, post};

/// The intent for votes in guilds.
const POLLS: u64 = 1 << 24;

fn poll(answers: usize) -> Value {
    let answer = |number| json!({ "poll_media": { "text": format!("Answer {number}") } });
    let answers: Vec<_> = (0..answers).map(answer).collect();
    json!({ "poll": { "question": { "text": "Which?" }, "answers": answers, "duration": 2 } })
}

#[tokio::test]
async fn people_vote_in_a_poll_of_the_bot() {
    let discord = loopback().await;
    let (here, owner) = (discord.general(), discord.owner());
    let (mut socket, _) = Socket::identified(&discord, INTENTS | POLLS).await;
    let (status, made) = post(&discord, here, &poll(2)).await;
    assert_eq!(status, 200);
    let shown = &made["poll"];
    assert_eq!(shown["answers"][1]["answer_id"], 2);
    assert_eq!(shown["results"]["is_finalized"], false);
    socket.event("MESSAGE_CREATE").await;

    discord.vote(id(&made), owner, 1, true);
    let vote = socket.event("MESSAGE_POLL_VOTE_ADD").await;
    assert_eq!(vote["user_id"], owner.to_string());
    assert_eq!(vote["answer_id"], 1);
    discord.vote(id(&made), owner, 2, true);
    let taken_back = socket.event("MESSAGE_POLL_VOTE_REMOVE").await;
    assert_eq!(taken_back["answer_id"], 1, "only one answer can be chosen");
    socket.event("MESSAGE_POLL_VOTE_ADD").await;

    let path = format!("/channels/{here}/polls/{}", id(&made));
    let (_, voters) = get(&discord, &format!("{path}/answers/2")).await;
    assert_eq!(voters["users"][0]["id"], owner.to_string());
    let (status, ended) = call(
        &discord,
        Method::POST,
        &format!("{path}/expire"),
        &json!({}),
    )
    .await;
    assert_eq!(
        (status, &ended["poll"]["results"]["is_finalized"]),
        (200, &json!(true))
    );
    assert_eq!(ended["poll"]["results"]["answer_counts"][1]["count"], 1);
    socket.event("MESSAGE_UPDATE").await;
    let result = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&result["type"], &result["embeds"][0]["type"]),
        (&json!(46), &json!("poll_result"))
    );
    assert_eq!(result["message_reference"]["message_id"], made["id"]);
    let fields = result["embeds"][0]["fields"].as_array().unwrap();
    let victor = fields
        .iter()
        .find(|field| field["name"] == "victor_answer_text");
    assert_eq!(victor.unwrap()["value"], "Answer 1");
    let again = code(
        &discord,
        Method::POST,
        &format!("{path}/expire"),
        &json!({}),
    )
    .await;
    assert_eq!(again, (400, Some(520_001)));
}

#[tokio::test]
async fn polls_have_discords_limits() {
    let discord = loopback().await;
    let here = discord.general();
    let mut long = poll(1);
    long["poll"]["duration"] = json!(32 * 24 + 1);
    for bad in [
        poll(0),
        poll(11),
        long,
        json!({ "poll": { "answers": [] } }),
    ] {
        assert_eq!(post(&discord, here, &bad).await.0, 400, "{bad}");
    }
    let (_, made) = post(&discord, here, &poll(10)).await;
    let path = format!("/channels/{here}/messages/{}", id(&made));
    let edited = code(&discord, Method::PATCH, &path, &json!({ "content": "x" })).await;
    assert_eq!(edited, (400, Some(520_003)));
    let (_, plain) = post(&discord, here, &json!({ "content": "x" })).await;
    let path = format!("/channels/{here}/polls/{}/expire", id(&plain));
    assert_eq!(
        code(&discord, Method::POST, &path, &json!({})).await,
        (400, Some(520_006))
    );
}

#[tokio::test]
async fn the_bot_sees_polls_of_people() {
    let discord = loopback().await;
    let asked = discord.say_poll(discord.general(), discord.member(), "Tea?", &["Yes", "No"]);
    discord.vote(asked, discord.member(), 2, true);
    let path = format!("/channels/{}/messages/{asked}", discord.general());
    let (_, seen) = get(&discord, &path).await;
    assert_eq!(seen["poll"]["question"]["text"], "Tea?");
    let counts = &seen["poll"]["results"]["answer_counts"];
    assert_eq!(
        (&counts[0]["count"], &counts[1]["count"]),
        (&json!(0), &json!(1))
    );
    let path = format!("/channels/{}/polls/{asked}/expire", discord.general());
    assert_eq!(
        code(&discord, Method::POST, &path, &json!({})).await,
        (403, Some(50005))
    );
}
