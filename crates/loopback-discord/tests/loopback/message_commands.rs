//! Commands in the context menu of a message: what Discord accepts of them, and what their interaction holds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, Socket, call, loopback};

#[tokio::test]
async fn a_command_of_a_message_comes_with_the_message() {
    let discord = loopback().await;
    let path = format!("/applications/{}/commands", discord.application());
    let put = async |commands: Value| call(&discord, Method::PUT, &path, &commands).await.0;
    for bad in [
        json!([{ "type": 3, "name": "Ask about this", "description": "Asks" }]),
        json!([{ "type": 3, "name": "" }]),
        json!([{ "type": 3, "name": "x".repeat(33) }]),
        json!([{ "type": 3, "name": "A", "options": [{ "type": 3, "name": "a", "description": "A" }] }]),
        json!([{ "type": 3, "name": "A" }, { "type": 3, "name": "A" }]),
        (0..6)
            .map(|at| json!({ "type": 3, "name": format!("A {at}") }))
            .collect(),
    ] {
        assert_eq!(put(bad.clone()).await, 400, "{bad}");
    }
    // One of each type may have the same name.
    let commands = json!([
        { "type": 3, "name": "ask" },
        { "type": 1, "name": "ask", "description": "Asks" },
    ]);
    assert_eq!(put(commands).await, 200);
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let said = discord.say(discord.general(), discord.owner(), "look");
    let asked = discord.message_command(said, discord.member(), "ask");
    let event = socket.skip_to("INTERACTION_CREATE").await;
    let data = &event["data"];
    assert_eq!(event["type"], 2);
    assert_eq!(data["type"], 3);
    assert_eq!(data["target_id"], said.to_string());
    let resolved = &data["resolved"]["messages"][said.to_string()];
    assert_eq!(resolved["content"], "look");
    assert_eq!(resolved["member"], Value::Null, "{resolved}");
    assert_eq!(event["id"], asked.id().to_string());
}
