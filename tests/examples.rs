//! Each folder of `examples/` is a configuration and a personality that pass `check`, and is listed there.

use std::{fs, path::Path};

use loopback_discord::Loopback;
use serde_json::Value;

use crate::support::{Bot, DEADLINE, Home, Need, skip_without};

/// Copies a folder into a bot's.
fn copy(from: &Path, home: &Home, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{to}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), home, &format!("{name}/"));
        } else {
            home.write(&name, &fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[tokio::test]
async fn every_example_passes_check() {
    // Two of them require the sandbox at level `bwrap`.
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let listed = fs::read_to_string(folder.join("README.md")).unwrap();
    let mut examples = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        examples += 1;
        let name = entry.file_name().into_string().unwrap();
        assert!(listed.contains(&format!("[{name}]({name})")), "{name}");
        let home = Home::new();
        copy(&entry.path(), &home, "");
        home.write(".discord-token", discord.token());
        let config = fs::read_to_string(entry.path().join("config.json")).unwrap();
        let config: Value = serde_json::from_str(&config).unwrap();
        let bot = Bot::new(&discord).home(&home).config(&config);
        let mut check = bot.arguments(["check"]).launch();
        let code = check.ended().await.code();
        let output = check.output.text();
        assert_eq!(code, Some(0), "{name}: {output}");
        check.output.wait_for("ok   personality", DEADLINE).await;
        assert!(!output.contains("FAIL"), "{name}: {output}");
    }
    assert_eq!(examples, 3);
}
