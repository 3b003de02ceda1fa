//! The loopback Discord as the clients of others see it: discord.py and discord.js, unmodified.
//!
//! Each of them runs a script of `tests/clients` that does what bots do and checks what it gets. Here is what people
//! do meanwhile.

use std::{path::PathBuf, process::Stdio};

use loopback_discord::{Loopback, Message, Permissions, Upload};
use serde_json::json;
use tokio::process::Command;

use crate::support::{DEADLINE, Need, client_packages, skip_without};

#[tokio::test]
async fn discord_py_finds_what_it_expects() {
    if skip_without(Need::DiscordPy) {
        return;
    }
    let python = client_packages("python").join("bin/python");
    converse(python, "discord_py.py").await;
}

#[tokio::test]
async fn discord_js_finds_what_it_expects() {
    if skip_without(Need::DiscordJs) {
        return;
    }
    converse("node".into(), "discord_js.mjs").await;
}

/// Runs a script with its interpreter, and plays the people until it ends.
async fn converse(interpreter: PathBuf, script: &str) {
    let discord = Loopback::builder()
        .channels(["general", "random", "hidden", "mute"])
        .start()
        .await
        .unwrap();
    discord.add_forum("ideas", &["bug", "wish"]);
    discord.set_bot_permissions(discord.channel("hidden"), Permissions::NONE);
    let silent = Permissions::EVERYONE - Permissions::SEND_MESSAGES;
    discord.set_bot_permissions(discord.channel("mute"), silent);

    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    #[expect(clippy::disallowed_methods, reason = "a client of others")]
    let running = Command::new(interpreter)
        .arg(folder.join(script))
        .env("DISCORD_URL", discord.url())
        .env("DISCORD_TOKEN", discord.token())
        .env("CLIENTS", client_packages("node"))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ended = running.wait_with_output();
    tokio::pin!(ended);
    let people = people(&discord);
    tokio::pin!(people);
    let output = tokio::select! {
        output = &mut ended => output,
        () = &mut people => {
            let late = format!("{script} does not end: {}", discord.look(|view| format!("{view}")));
            tokio::time::timeout(DEADLINE, ended).await.expect(&late)
        },
    };
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let state = discord.look(|view| format!("{view}"));
    assert!(output.status.success(), "{script}: {errors}\n{state}");
    let mut replies = discord.calls_to("POST /interactions/*/*/callback");
    replies.retain(|call| call.status != Some(200));
    assert!(
        replies.is_empty(),
        "answered without a response: {replies:?}"
    );
}

/// What the owner does, each time the script asks for it.
async fn people(discord: &Loopback) {
    let (here, owner) = (discord.general(), discord.owner());
    let ready = discord.wait_until(DEADLINE, "the bot and its command", |view| {
        view.connected() > 0 && !view.commands().is_empty()
    });
    ready.await.unwrap();
    let note = Upload::new("note.txt", "a note");
    discord.say_with_files(here, owner, "hello", &[note]);
    let poll = said(discord, |message| message.poll.is_some()).await;
    discord.vote(poll.id, owner, 1, true);
    let asked = said(discord, |message| message.content == "react to me").await;
    discord.react(asked.id, owner, "🎉", true);
    let button = said(discord, |message| message.has_component("go")).await;
    discord.press(button.id, "go", owner);
    said(discord, |message| message.content == "run /echo").await;
    discord.slash(here, owner, "echo", &json!({ "text": "hi" }));
}

/// Waits for the bot to send such a message.
async fn said(discord: &Loopback, such: impl Fn(&Message) -> bool) -> Message {
    let here = discord.general();
    let found = discord.wait_until(DEADLINE, "the script to go on", |view| {
        view.bot_messages(here).into_iter().find(&such)
    });
    found.await.unwrap()
}
