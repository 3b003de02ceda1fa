//! `run --record`.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use loopback_discord::Loopback;
use serde_json::Value;
use switchboard::claude::{
    protocol::{Line, parse},
    turn::{Ending, Signal, Turn},
};

use crate::support::Bot;

fn entries(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// How the turns of a recording ended.
fn endings(entries: &[Value]) -> Vec<Ending> {
    let mut turn = Turn::new();
    let mut endings = Vec::new();
    for entry in entries.iter().filter(|entry| entry["dir"] == "out") {
        let line = entry["line"].as_str().unwrap().to_owned();
        let Line::Event(event) = parse(&line.into()) else {
            continue;
        };
        for signal in turn.apply(&event) {
            if let Signal::Ended(outcome) = signal {
                endings.push(outcome.ending);
                turn = Turn::new();
            }
        }
    }
    endings
}

#[tokio::test]
async fn each_session_is_recorded_from_its_first_line_to_its_end() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).arguments(["run", "--record", "recordings"]);
    let bot = bot.start(&discord).await;
    for channel in [discord.general(), discord.channel("rust")] {
        for text in ["first", "second"] {
            let asked = format!("[[say {text} answer]]");
            bot.ask(&discord, channel, &asked, &format!("{text} answer"))
                .await;
        }
    }
    let home = bot.stop().await;
    let sessions = home.active();
    for channel in [discord.general(), discord.channel("rust")] {
        let session = sessions[channel.to_string()]["session_id"]
            .as_str()
            .unwrap();
        let file = home.path().join(format!("recordings/{session}.jsonl"));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let entries = entries(&file);
        assert_eq!(entries[0]["dir"], "in");
        assert!(entries[0]["line"].as_str().unwrap().contains("initialize"));
        assert_eq!(entries.last().unwrap()["dir"], "exit");
        assert!(entries.iter().all(|entry| entry["time"].is_string()));
        assert_eq!(endings(&entries), [Ending::Answered, Ending::Answered]);
    }
}

#[tokio::test]
async fn nothing_is_recorded_unless_asked_for() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say hello]]", "hello")
        .await;
    let home = bot.stop().await;
    let names = fs::read_dir(home.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(
        names
            .iter()
            .all(|name| !name.to_str().unwrap().contains("record")),
        "{names:?}"
    );
}
