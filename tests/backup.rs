//! A backup of a running bot, restored in another folder, where the sessions go on.

use std::{fs, os::unix::fs::PermissionsExt as _};

use loopback_discord::Loopback;
use serde_json::json;

use crate::support::{Bot, Home, eventually};

#[tokio::test]
async fn sessions_go_on_where_a_backup_is_restored() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let config = json!({
        "mcp_servers": { "home": { "type": "http", "url": "http://127.0.0.1:9/", "headers": { "X": "canary-in-header" } } },
    });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    bot.home()
        .write(&format!("workspaces/{here}/notes.txt"), "kept");
    let made = bot.home().run(&["backup", "bot.tgz"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.out
            .contains("1 sessions, 1 transcripts, 1 files of workspaces"),
        "{made:?}"
    );
    let file = bot.home().path().join("bot.tgz");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = bot.home().run(&["backup", "bot.tgz"]).await;
    assert_eq!(again.code, Some(74), "{again:?}");
    let old = bot.stop().await;

    let over = old.run(&["restore", "bot.tgz"]).await;
    assert_eq!(over.code, Some(1), "{over:?}");
    assert!(over.err.contains("there are sessions in"), "{over:?}");

    let new = Home::new();
    fs::remove_file(new.path().join("personality/IDENTITY.md")).unwrap();
    let restored = new.run(&["restore", file.to_str().unwrap()]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let written = fs::read_to_string(new.path().join("config.json")).unwrap();
    assert!(
        !written.contains("canary-in-header") && written.contains("REMOVED"),
        "{written}"
    );
    let notes = new.path().join(format!("workspaces/{here}/notes.txt"));
    assert_eq!(fs::read_to_string(notes).unwrap(), "kept");
    let bot = Bot::new(&discord).home(&new).start(&discord).await;
    bot.ask(&discord, here, "[[say two]]", "two").await;
    eventually("the second turn to be booked", || {
        (new.outcomes() == ["answered", "answered"]).then_some(())
    })
    .await;
    // A session that the CLI does not find is replaced.
    let session = |home: &Home| home.active()[here.to_string()]["session_id"].clone();
    assert_eq!(session(&new), session(&old));
}

#[tokio::test]
async fn a_backup_is_made_without_a_bot_too() {
    let home = Home::new();
    let made = home.run(&["backup", "empty.tgz", "--no-workspaces"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let new = Home::new();
    let archive = home.path().join("empty.tgz");
    let restored = new.run(&["restore", archive.to_str().unwrap()]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert!(
        restored
            .out
            .contains("Your own IDENTITY.md of the personality stay."),
        "{restored:?}"
    );
    let missing = new.run(&["restore", "no-such-file"]).await;
    assert_eq!(missing.code, Some(74), "{missing:?}");
}
