//! The demo's page in a real browser, on a desktop and on a phone: scripts of `tests/browser` in headless Chromium.
//!
//! With `SWITCHBOARD_SCREENSHOTS`, a folder, they keep pictures there.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::Signal;
use tokio::process::Command;

use crate::{
    demo::{demo, url},
    support::{Home, Need, browser_packages, skip_without},
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
    visit("demo.mjs", &page).await;
    demo.signal(Signal::INT);
    assert!(demo.ended().await.success(), "{}", demo.log.text());
}

/// Runs a script with the page at this address.
#[expect(clippy::disallowed_methods, reason = "a browser, and its setting")]
async fn visit(script: &str, page: &str) {
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
