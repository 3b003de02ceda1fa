//! Voice messages that a program of the owner's transcribes:
//!
//! - what it prints are the author's words, and the program is in the sandbox: no login, no network, nothing to write
//! - one that fails is told of
//! - it starts for nobody who may not talk to the bot

use std::fs;

use loopback_discord::{Loopback, Upload};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Need, skip_without};

const CANARY: &str = "canary-5b0c-login";

/// Sends a voice message, and waits until the bot says something with `expected`.
async fn say_voice(home: &Home, settings: &Value, expected: &str) -> String {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": settings, "claude": { "sandbox": "bwrap" } });
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
    let devices = fs::read_to_string("/proc/net/dev").unwrap();
    let devices = devices.lines().filter(|line| line.contains(':')).count();
    // Without the network it sees the loopback device alone. It never sees the token.
    for (network, devices) in [(false, 1), (true, devices)] {
        let settings = json!({ "transcribe": ["sh", "-c", sees], "transcribe_network": network });
        let said = say_voice(&home, &settings, "heard").await;
        let content: Value = serde_json::from_str(&said).unwrap();
        let heard = format!("[[raw]] some sound heard\n{devices}\ntoken=.");
        assert_eq!(content[1]["text"], heard);
        let opening = content[0]["text"].as_str().unwrap();
        assert!(opening.contains("part of their own words."), "{opening}");
    }
}

#[tokio::test]
async fn a_strangers_voice_message_starts_no_program() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "transcribe": ["no-such-program"] } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, voice) = (discord.general(), [Upload::voice("some sound")]);
    discord.say_with_files(here, discord.stranger(), "", &voice);
    let asked = discord.say_with_files(here, discord.owner(), "", &voice);
    bot.hears(&discord, asked, "it could not be transcribed")
        .await;
    let log = bot.log.text();
    assert_eq!(
        log.matches("`discord.transcribe` failed").count(),
        1,
        "{log}"
    );
    bot.stop().await;
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
        let settings = json!({ "transcribe": command });
        say_voice(&Home::new(), &settings, told).await;
    }
}
