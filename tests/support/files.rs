//! What the bot has attached to its messages.

use loopback_discord::{Loopback, Message};
use serde_json::Value;

/// The contents of a message's files, as others download them.
pub(crate) async fn files(discord: &Loopback, message: &Message) -> Vec<Vec<u8>> {
    let url = format!(
        "{}/api/v10/channels/{}/messages/{}",
        discord.url(),
        message.channel,
        message.id
    );
    let client = reqwest::Client::new();
    let authorized = client
        .get(url)
        .header("authorization", format!("Bot {}", discord.token()));
    let message = authorized.send().await.unwrap().bytes().await.unwrap();
    let message: Value = serde_json::from_slice(&message).unwrap();
    let mut files = Vec::new();
    for attachment in message["attachments"].as_array().unwrap() {
        let url = attachment["url"].as_str().unwrap();
        let file = client.get(url).send().await.unwrap();
        files.push(file.bytes().await.unwrap().to_vec());
    }
    files
}
