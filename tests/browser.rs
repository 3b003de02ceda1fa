//! The demo's page in a real browser, on a desktop and on a phone: scripts of `tests/browser` in headless Chromium.
//!
//! With `SWITCHBOARD_SCREENSHOTS`, a folder, they keep pictures there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use loopback_discord::Loopback;
use rustix::process::Signal;
use tokio::process::Command;

use crate::{
    demo::{demo, url},
    support::{Bot, DEADLINE, Home, Need, browser_packages, eventually, skip_without},
};

/// How long a script may take.
const PATIENCE: Duration = Duration::from_mins(5);

#[tokio::test]
async fn the_demo_works_in_a_browser() {
    if skip_without(Need::Browser) {
        return;
    }
    let home = Home::new();
    let mut demo = demo(&home, &["--port", "0"]).await;
    let page = url(&demo).await;
    visit("demo.mjs", &page, "").await;
    demo.signal(Signal::INT);
    assert!(demo.ended().await.success(), "{}", demo.log.text());
}

/// Some of the answers of which the renderer keeps snapshots.
const ANSWERS: [&str; 12] = [
    "code-in-list",
    "diff",
    "footnotes",
    "html",
    "links",
    "logs-with-colors",
    "math",
    "nested-lists",
    "small-table",
    "table-with-markup",
    "tasks",
    "wide-table",
];

#[tokio::test]
async fn answers_fit_every_window() {
    if skip_without(Need::Browser) {
        return;
    }
    let discord = Loopback::builder().channels(ANSWERS).start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/discord/render/tests/answers");
    for name in ANSWERS {
        let place = discord.channel(name);
        let text = fs::read_to_string(answers.join(format!("{name}.md"))).unwrap();
        let file = format!("workspaces/{place}/answer.md");
        bot.home().write(&file, &text);
        discord.say(place, discord.owner(), "[[say-file answer.md]]");
    }
    for name in ANSWERS {
        let place = discord.channel(name);
        let answer = discord.wait_until(DEADLINE, name, |view| {
            (!view.bot_messages(place).is_empty()).then_some(())
        });
        answer.await.unwrap();
    }
    let page = discord.url();
    visit("answers.mjs", &page, &ANSWERS.join(" ")).await;
    bot.stop().await;
}

#[tokio::test]
async fn people_branch_export_choose_edit_and_delete_in_a_browser() {
    if skip_without(Need::Browser) {
        return;
    }
    let discord = Loopback::builder().channels(["general", "random"]);
    let discord = discord.start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    eventually("the commands", || {
        (!discord.commands().is_empty()).then_some(())
    })
    .await;
    visit("conversation.mjs", &discord.url(), "").await;
    bot.stop().await;
}

/// Runs a script with the page at this address.
#[expect(clippy::disallowed_methods, reason = "a browser, and its setting")]
pub(crate) async fn visit(script: &str, page: &str, answers: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(root.join("tests/browser").join(script))
        .env("PACKAGES", browser_packages())
        .env("BROWSER", browser_packages().join("chromium"))
        .env(
            "CHART",
            root.join("crates/stand-in/src/responder/chart.txt"),
        )
        .env("PAGE", page)
        .env("ANSWERS", answers)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(folder) = env::var_os("SWITCHBOARD_SCREENSHOTS") {
        node.env("SCREENSHOTS", root.join(PathBuf::from(folder)));
    }
    let output = tokio::time::timeout(PATIENCE, node.output()).await;
    let output = output
        .unwrap_or_else(|_| panic!("{script} does not end"))
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {told}");
}
