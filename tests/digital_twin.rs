//! The bot at another's Discord: the npm package discord-digital-twin, which knows fewer routes than the loopback.

use std::{path::Path, process::Stdio};

use loopback_discord::Loopback;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::support::{Bot, DEADLINE, Need, client_packages, skip_without};

#[tokio::test]
async fn the_bot_works_at_another_discord() {
    if skip_without(Need::DigitalTwin) {
        return;
    }
    let unused = Loopback::builder().start().await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twin/people.mjs");
    #[expect(clippy::disallowed_methods, reason = "another's Discord")]
    let mut twin = Command::new("node")
        .arg(script)
        .env("CLIENTS", client_packages("twin"))
        .env("DISCORD_TOKEN", unused.token())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(twin.stdout.take().unwrap()).lines();
    let port = tokio::time::timeout(DEADLINE, lines.next_line()).await;
    let port = port.expect("the twin does not start").unwrap();
    let port = port.expect("the twin ended");

    let base = json!({ "discord": { "api_base": format!("http://127.0.0.1:{port}") } });
    let bot = Bot::new(&unused).config(&base).launch();
    let output = tokio::time::timeout(2 * DEADLINE, twin.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("it does not end; {}", bot.log.text()));
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{}", bot.log.text());
    bot.stop().await;
}
