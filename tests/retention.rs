//! What has not been used for `sessions.keep_days` goes, and nothing that is in use.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::{Value, json};

use crate::{
    reload::change,
    support::{Bot, DEADLINE, Home, eventually},
};

const REMOVED: &str = "removed what was last used before";

/// When a record's session was last used that is old.
const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

/// A message that was sent in 2016.
const OLD_MESSAGE: u64 = 150_000_000_000_000_000;

/// One that was sent later than all others.
const NEW_MESSAGE: u64 = 9_000_000_000_000_000_000;

/// The files below a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Makes all transcripts and recordings look a hundred days old.
pub(crate) fn age_files(home: &Home) {
    let then = SystemTime::now() - Duration::from_hours(100 * 24);
    for file in files(home.path(), ".jsonl") {
        let file = fs::File::options().append(true).open(file).unwrap();
        file.set_modified(then).unwrap();
    }
}

/// Changes what is on record.
pub(crate) fn change_records(home: &Home, change: impl FnOnce(&mut Value)) {
    let mut records = home.active();
    change(&mut records);
    home.write("sessions/active.json", &records.to_string());
}

/// Has a channel's record end a conversation long ago, of which nothing is to be undone.
pub(crate) fn age_earlier(home: &Home, channel: Snowflake) {
    change_records(home, |records| {
        let record = &mut records[channel.to_string()];
        record["earlier"][0]["last_message_at"] = json!(LONG_AGO);
        record["state"]["posts"] = json!([]);
    });
}

fn session(record: &Value) -> String {
    record["session_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_old_goes_and_what_is_in_use_stays() {
    let discord = Loopback::builder().start().await.unwrap();
    let (here, gone) = (discord.general(), discord.add_channel("gone"));
    let start = |home: &Home, keep_days: Value| {
        Bot::new(&discord)
            .home(home)
            .config(&json!({ "sessions": { "keep_days": keep_days } }))
            .arguments(["run", "--record", "recordings"])
    };
    let bot = Bot::new(&discord).arguments(["run", "--record", "recordings"]);
    let bot = bot.start(&discord).await;
    for (channel, words, expected) in [
        (gone, "[[say zero]]", "zero"),
        (here, "[[say one]]", "one"),
        (here, "!clear", "Cleared"),
        (here, "[[say two]]", "two"),
    ] {
        bot.ask(&discord, channel, words, expected).await;
    }
    let home = bot.stop().await;
    let active = home.active();
    let (here_now, gone_now) = (&active[here.to_string()], &active[gone.to_string()]);
    let (current, earlier) = (session(here_now), session(&here_now["earlier"][0]));
    age_files(&home);
    age_earlier(&home, here);
    change_records(&home, |records| {
        records[gone.to_string()]["last_message_at"] = json!(LONG_AGO);
    });
    let attachments = format!("workspaces/{here}/attachments");
    home.write(&format!("{attachments}/{OLD_MESSAGE}-1-a.txt"), "old");
    home.write(&format!("{attachments}/notes.txt"), "Claude's own");
    home.write(&format!("{attachments}/{NEW_MESSAGE}-1-b.txt"), "new");
    // What lies behind links is somebody else's.
    home.write(&format!("elsewhere/{OLD_MESSAGE}-1-c.txt"), "not ours");
    let other = home.path().join("workspaces/1200000000000000001");
    fs::create_dir(&other).unwrap();
    symlink(home.path().join("elsewhere"), other.join("attachments")).unwrap();
    discord.delete_channel(gone);

    let bot = start(&home, json!(30)).start(&discord).await;
    let removed = bot.log.wait_for(REMOVED, DEADLINE).await;
    for count in [
        "transcripts=2",
        "attachments=1",
        "recordings=2",
        "records=1",
        "failed=1",
    ] {
        assert!(removed.contains(count), "{removed}");
    }
    for session in [&earlier, &session(gone_now)] {
        assert_eq!(files(home.path(), &format!("{session}.jsonl")).len(), 0);
    }
    assert_eq!(files(home.path(), &format!("{current}.jsonl")).len(), 2);
    let left = files(&home.path().join("workspaces"), ".txt");
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(files(&home.path().join("elsewhere"), ".txt").len(), 1);
    let heard = bot.ask(&discord, here, "[[context]]", "two").await;
    assert!(!heard.contains("one"), "{heard}");
    bot.ask(&discord, here, "!resume", "no earlier session")
        .await;
    let arguments = bot.ask(&discord, here, "[[args]]", "--settings").await;
    let file = arguments.split("--settings=").nth(1).unwrap();
    let file = file.split('"').next().unwrap();
    let settings: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(settings["cleanupPeriodDays"], 30);
    let home = bot.stop().await;
    assert!(home.active().get(gone.to_string()).is_none());
    assert!(home.active().get(here.to_string()).is_some());
}

#[tokio::test]
async fn a_channel_that_comes_into_use_meanwhile_keeps_its_record() {
    let discord = Loopback::builder().start().await.unwrap();
    let (here, other) = (discord.general(), discord.add_channel("other"));
    let bot = Bot::new(&discord).start(&discord).await;
    for channel in [here, other] {
        bot.ask(&discord, channel, "[[say one]]", "one").await;
    }
    let home = bot.stop().await;
    change_records(&home, |records| {
        for channel in [here, other] {
            records[channel.to_string()]["last_message_at"] = json!(LONG_AGO);
        }
    });
    // Discord says that one channel is gone, and answers late for the other one.
    let unknown = json!({ "message": "Unknown Channel", "code": 10_003 });
    discord.inject(Fault::json(&format!("GET /channels/{here}"), 404, &unknown));
    let lookup = format!("GET /channels/{other}");
    let hold = discord.hold(&lookup);
    let config = json!({ "sessions": { "keep_days": 30 } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    eventually("Discord to be asked", || {
        (!discord.calls_to(&lookup).is_empty()).then_some(())
    })
    .await;
    bot.ask(&discord, here, "[[say two]]", "two").await;
    hold.release();
    let removed = bot.log.wait_for(REMOVED, DEADLINE).await;
    assert!(removed.contains("records=0"), "{removed}");
    assert_eq!(discord.calls_to(&format!("GET /channels/{here}")).len(), 1);
    bot.stop().await;
}

#[tokio::test]
async fn everything_is_kept_unless_configured_otherwise() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    bot.ask(&discord, here, "!clear", "Cleared").await;
    let home = bot.stop().await;
    age_files(&home);
    age_earlier(&home, here);
    let before = files(home.path(), ".jsonl");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, here, "!resume", "Earlier sessions").await;
    assert!(!bot.log.text().contains(REMOVED));
    let home = bot.stop().await;
    assert_eq!(files(home.path(), ".jsonl"), before);
}

#[tokio::test]
async fn a_reload_cleans_up_if_it_changes_how_long_things_are_kept() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let config = json!({ "sessions": { "keep_days": 30 } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    bot.log.wait_for(REMOVED, DEADLINE).await;
    change(bot.home(), |config| config["model"] = json!("opus"));
    let reloaded = bot.home().run(&["reload"]).await;
    assert_eq!(reloaded.out, "reloaded: model\n");
    bot.ask(&discord, here, "[[say one]]", "one").await;
    change(bot.home(), |config| {
        config["sessions"]["keep_days"] = json!(10_000);
    });
    let reloaded = bot.home().run(&["reload"]).await;
    assert_eq!(reloaded.out, "reloaded: sessions.keep_days\n");
    let day = chrono::Utc::now() - chrono::TimeDelta::days(10_000);
    let of_that_day = format!("{REMOVED} {}", day.format("%Y"));
    bot.log.wait_for(&of_that_day, DEADLINE).await;
    assert_eq!(bot.log.text().matches(REMOVED).count(), 2);
    bot.stop().await;
}
