//! Voice messages that a program of the owner's transcribes:
//!
//! - what it prints are the author's words, and the program is in the sandbox: no login, no network, nothing to write
//! - one that fails is told of

use loopback_discord::{Loopback, Upload};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Need, skip_without};

const CANARY: &str = "canary-5b0c-login";

/// Sends a voice message, and waits until the bot says something with `expected`.
async fn say_voice(home: &Home, command: &Value, expected: &str) -> String {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "transcribe": command }, "claude": { "sandbox": "bwrap" } });
    let bot = Bot::new(&discord).home(home).config(&config);
    let bot = bot.start(&discord).await;
    let voice = [Upload::voice("some sound")];
    let asked = discord.say_with_files(discord.general(), discord.owner(), "", &voice);
    let said = bot.hears_whole(&discord, asked, expected).await;
    bot.stop().await;
    said
}

#[tokio::test]
async fn a_transcript_counts_as_words_and_is_made_in_the_sandbox() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let home = Home::new();
    home.write(".claude/.credentials.json", CANARY);
    home.write(
        ".claude.json",
        &json!({ "primaryApiKey": CANARY }).to_string(),
    );
    let folder = home.path().display();
    let sees = format!(
        "echo \"[[raw]] $(cat \"$0\") heard\"; cat {folder}/.claude/.credentials.json {folder}/.claude.json; \
         grep -c : /proc/net/dev; touch \"$(dirname \"$0\")/x\" && echo wrote; echo \"token=$DISCORD_TOKEN.\""
    );
    let said = say_voice(&home, &json!(["sh", "-c", sees]), "heard").await;
    let content: Value = serde_json::from_str(&said).unwrap();
    // The loopback device alone, and no token.
    assert_eq!(content[1]["text"], "[[raw]] some sound heard\n1\ntoken=.");
    let opening = content[0]["text"].as_str().unwrap();
    assert!(opening.contains("part of their own words."), "{opening}");
}

#[tokio::test]
async fn a_transcription_that_fails_is_told() {
    if skip_without(Need::Namespaces) {
        return;
    }
    for command in [
        json!(["sh", "-c", "echo words; exit 3"]),
        json!(["no-such-program"]),
    ] {
        let told = "`voice-message.ogg` (it could not be transcribed)";
        say_voice(&Home::new(), &command, told).await;
    }
}
