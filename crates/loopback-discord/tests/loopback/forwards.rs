//! Forwards and stickers: what the bot sees of them, and forwards of its own.

use loopback_discord::{Permissions, Snowflake, Upload};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{INTENTS, Socket, client, code, get, loopback, post};

fn forward(channel: Snowflake, message: Snowflake) -> Value {
    json!({ "message_reference": { "type": 1, "channel_id": channel, "message_id": message } })
}

#[tokio::test]
async fn a_forward_of_a_person_has_a_snapshot() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let (from, to) = (discord.channel("random"), discord.general());
    let file = Upload::new("note.txt", "a note");
    let said = discord.say_with_files(from, discord.member(), "look", &[file]);
    discord.forward(said, to, discord.owner());
    socket.event("MESSAGE_CREATE").await;
    let seen = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&seen["content"], &seen["flags"]),
        (&json!(""), &json!(1 << 14))
    );
    assert_eq!(seen["message_reference"]["type"], 1);
    assert_eq!(seen["message_reference"]["channel_id"], from.to_string());
    assert!(seen["referenced_message"].is_null());
    let snapshot = &seen["message_snapshots"][0]["message"];
    assert_eq!(snapshot["content"], "look");
    assert!(snapshot["author"].is_null() && snapshot["id"].is_null());

    // The snapshot outlives the message.
    discord.delete(said);
    let url = snapshot["attachments"][0]["url"].as_str().unwrap();
    let file = client().get(url).send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), "a note");
}

#[tokio::test]
async fn the_bot_forwards_what_it_can_read() {
    let discord = loopback().await;
    let (from, to) = (discord.channel("random"), discord.general());
    let said = discord.say(from, discord.member(), "look");
    let (status, made) = post(&discord, to, &forward(from, said)).await;
    assert_eq!(status, 200);
    assert_eq!(made["message_snapshots"][0]["message"]["content"], "look");

    let send = async |body: &Value| {
        code(
            &discord,
            Method::POST,
            &format!("/channels/{to}/messages"),
            body,
        )
        .await
    };
    let mut with_content = forward(from, said);
    with_content["content"] = json!("x");
    assert_eq!(send(&with_content).await, (400, Some(50035)));
    let no_channel = json!({ "message_reference": { "type": 1, "message_id": said } });
    assert_eq!(send(&no_channel).await, (400, Some(50035)));
    assert_eq!(send(&forward(from, 1.into())).await, (404, Some(10008)));
    discord.set_bot_permissions(
        from,
        Permissions::EVERYONE - Permissions::READ_MESSAGE_HISTORY,
    );
    assert_eq!(send(&forward(from, said)).await, (400, Some(160_009)));
    discord.set_bot_permissions(from, Permissions::NONE);
    assert_eq!(send(&forward(from, said)).await, (403, Some(50001)));
}

#[tokio::test]
async fn the_bot_sees_stickers_of_people() {
    let discord = loopback().await;
    let said = discord.say_sticker(discord.general(), discord.member(), "wave");
    let path = format!("/channels/{}/messages/{said}", discord.general());
    let (_, seen) = get(&discord, &path).await;
    assert_eq!(seen["sticker_items"][0]["name"], "wave");
    assert_eq!(seen["content"], "");
}
