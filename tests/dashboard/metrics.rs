//! The metrics, as a scraper reads them.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use loopback_discord::Loopback;
use serde_json::json;

use super::Desk;
use crate::support::{DEADLINE, Need, promtool, skip_part_without};

#[tokio::test]
async fn metrics_count_turns_and_hold_no_names() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    desk.bot
        .ask(&discord, discord.general(), "[[say mellow]]", "mellow")
        .await;
    let text = booked(&desk).await;
    for sample in [
        "outcome=\"answered\"} 1",
        "switchboard_turn_duration_seconds_count 1",
        "switchboard_first_text_seconds_bucket{le=\"+Inf\"} 1",
        "switchboard_connected 1",
        "switchboard_processes 1",
    ] {
        assert!(
            text.lines().any(|line| line.ends_with(sample)),
            "{sample}:\n{text}"
        );
    }
    let owner = discord.owner().to_string();
    for hidden in [
        "mellow",
        "general",
        &owner,
        &discord.general().to_string(),
        &desk.token,
    ] {
        assert!(!text.contains(hidden), "{hidden}:\n{text}");
    }
    let names: BTreeSet<_> = text.lines().map(checked).collect();
    let shipped = [
        include_str!("../../contrib/grafana-dashboard.json"),
        include_str!("../../contrib/alerts.yml"),
        include_str!("../../docs/dashboard.md"),
    ];
    // What ships names nothing that does not exist.
    for text in shipped {
        for name in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let is_metric = name.starts_with("switchboard_") && name.len() > "switchboard_".len();
            assert!(
                !is_metric || names.contains(name) || is_late(name),
                "{name}"
            );
        }
    }
    desk.bot.stop().await;
    if !skip_part_without(Need::Promtool, "promtool reads the metrics") {
        run(&["check", "metrics"], &text);
        let alerts = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/alerts.yml");
        run(&["check", "rules", alerts.to_str().unwrap()], "");
    }
}

/// The metrics once a turn is counted.
async fn booked(desk: &Desk) -> String {
    let asked = async {
        loop {
            let answer = desk.get("/metrics").send().await.unwrap();
            let kind = super::header(answer.headers(), "content-type");
            assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
            let text = answer.text().await.unwrap();
            if text.contains("switchboard_turn_duration_seconds_count 1") {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, asked).await.unwrap()
}

/// Whether there is such a metric only once something has happened.
fn is_late(name: &str) -> bool {
    name == "switchboard_api_retries_total"
}

/// The name in a line of the text format, which must be well formed.
fn checked(line: &str) -> String {
    if let Some(comment) = line.strip_prefix("# ") {
        let mut words = comment.splitn(3, ' ');
        let (keyword, name) = (words.next().unwrap(), words.next().unwrap());
        assert!(matches!(keyword, "HELP" | "TYPE"), "{line}");
        assert!(words.next().is_some_and(|rest| !rest.is_empty()), "{line}");
        return name.to_owned();
    }
    let (series, value) = line.rsplit_once(' ').unwrap();
    assert!(value.parse::<f64>().is_ok(), "{line}");
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
        None => (series, ""),
    };
    for label in labels.split("\",").filter(|label| !label.is_empty()) {
        let (name, value) = label.split_once("=\"").unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
        assert!(!value.trim_end_matches('"').contains(['"', '\\']), "{line}");
    }
    name.to_owned()
}

/// Runs promtool, which must find nothing wrong.
#[expect(clippy::disallowed_methods, reason = "the official parser")]
fn run(arguments: &[&str], input: &str) {
    let mut child = Command::new(promtool())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "promtool {arguments:?}: {told}");
}
