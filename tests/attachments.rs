//! Files that come with messages.
//!
//! * They are in the workspace before Claude is asked, private, and named after the message.
//! * Whatever goes wrong with one is said in the channel, nothing of it stays, and the message is answered.
//! * Sizes, numbers and room are bounded; a link in the folder's place is not followed.
//! * A message waits for its files; others wait behind it; `!stop` ends the waiting.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

use loopback_discord::{Loopback, Snowflake, Upload};
use serde_json::{Value, json};

use crate::support::{Bot, Home, eventually, said};

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// The folder of a channel's files.
fn folder(home: &Home, channel: Snowflake) -> PathBuf {
    home.path()
        .join(format!("workspaces/{channel}/attachments"))
}

/// The files of a channel, by name.
fn files(home: &Home, channel: Snowflake) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder(home, channel)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    files.sort();
    files
}

fn with(attachments: &Value) -> Value {
    json!({ "discord": { "attachments": attachments } })
}

#[tokio::test]
async fn files_are_there_when_claude_is_asked() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let uploads = [
        Upload::new("My notes (1).txt", "hello"),
        Upload::new("../../evil", "there"),
        Upload::new("notes.txt", ""),
    ];
    let list = "[[tool Bash {\"command\": \"cd attachments && cat * && ls\"}]]";
    let asked = discord.say_with_files(here, member, list, &uploads);
    let answer = bot.reply(&discord, asked).await;
    let expected = [
        (format!("{asked}-1-My_notes_1.txt"), "hello".to_owned()),
        (format!("{asked}-2-evil"), "there".to_owned()),
        (format!("{asked}-3-notes.txt"), String::new()),
    ];
    assert_eq!(files(bot.home(), here), expected, "{answer:?}");
    for (name, _) in &expected {
        let mode = fs::metadata(folder(bot.home(), here).join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        discord.bot_messages(here).len(),
        1,
        "{:?}",
        said(&discord, here)
    );
    bot.stop().await;
}

#[tokio::test]
async fn in_a_thread_they_are_where_claude_works() {
    let discord = discord().await;
    let (general, member) = (discord.general(), discord.member());
    let thread = discord.add_thread(general, "thread");
    let home = Home::new();
    let project = home.path().join("project");
    let own =
        json!({ "channels": { general.to_string(): { "workspace": project, "respond": "all" } } });
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&own)
        .start(&discord)
        .await;
    let uploads = [Upload::new("notes.txt", "hello")];
    let list = "[[tool Bash {\"command\": \"cat attachments/*\"}]]";
    let asked = discord.say_with_files(thread, member, list, &uploads);
    bot.reply(&discord, asked).await;
    let file = project.join(format!("attachments/{asked}-1-notes.txt"));
    assert_eq!(fs::read_to_string(file).unwrap(), "hello");
    assert!(files(&home, thread).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_said_and_leaves_nothing() {
    let discord = discord().await;
    let settings = json!({ "max_bytes": 20_000, "max_files": 8, "timeout_secs": 3 });
    let bot = Bot::new(&discord)
        .config(&with(&settings))
        .start(&discord)
        .await;
    let (here, member) = (discord.general(), discord.member());
    let uploads = [
        Upload::new("good", "good"),
        Upload::new("large", "x").says_size(20_001),
        Upload::new("lies", "larger than it says").says_size(5),
        Upload::new("endless", "x").endless(),
        Upload::new("moved", "x").redirects(&format!("{}/attachments/1/2/3", discord.url())),
        Upload::new("refused", "x").refused(403),
        Upload::new("short", "x").refused(204),
        Upload::new("stalled", "x").stalled(),
        Upload::new("ninth", "x"),
    ];
    let asked = discord.say_with_files(here, member, "[[say answered]]", &uploads);
    assert_eq!(bot.reply(&discord, asked).await.content, "answered");
    assert_eq!(
        files(bot.home(), here),
        [(format!("{asked}-1-good"), "good".to_owned())]
    );
    let told = "-# Not passed to Claude: `large` (larger than 20000 bytes); `lies` (larger than 5 bytes); `endless` \
                (larger than 1 bytes); `moved` (Discord's file server answered 302); `refused` (Discord's file server \
                answered 403); and 3 more.";
    assert_eq!(said(&discord, here), [told, "answered"]);
    bot.stop().await;
}

#[tokio::test]
async fn files_can_be_switched_off() {
    let discord = discord().await;
    let off = with(&json!({ "max_files": 0 }));
    let bot = Bot::new(&discord).config(&off).start(&discord).await;
    let here = discord.general();
    let files = [Upload::new("a", "x")];
    let asked = discord.say_with_files(here, discord.member(), "[[say answered]]", &files);
    bot.reply(&discord, asked).await;
    let told = "-# Not passed to Claude: `a` (attachments are turned off).";
    assert_eq!(said(&discord, here), [told, "answered"]);
    bot.stop().await;
}

#[tokio::test]
async fn the_oldest_files_make_room() {
    let discord = discord().await;
    let bot = Bot::new(&discord).config(&with(&json!({ "keep_bytes": 25 })));
    let bot = bot.start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let mut names = Vec::new();
    for _ in 0..4 {
        let files = [Upload::new("a", "0123456789")];
        let asked = discord.say_with_files(here, member, "[[say x]]", &files);
        bot.reply(&discord, asked).await;
        names.push(format!("{asked}-1-a"));
    }
    let kept: Vec<_> = files(bot.home(), here)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(kept, names[2..]);
    bot.stop().await;
}

#[tokio::test]
async fn a_link_in_the_folders_place_is_not_followed() {
    let discord = discord().await;
    let bot = Bot::new(&discord);
    let (home, here) = (Home::new(), discord.general());
    home.write("elsewhere/1-1-a", "mine");
    let workspace = home.path().join(format!("workspaces/{here}"));
    fs::create_dir_all(&workspace).unwrap();
    symlink(home.path().join("elsewhere"), workspace.join("attachments")).unwrap();
    let bot = bot.home(&home).start(&discord).await;
    let files = [Upload::new("a", "x")];
    let asked = discord.say_with_files(here, discord.member(), "[[say answered]]", &files);
    bot.reply(&discord, asked).await;
    assert_eq!(
        said(&discord, here)[0],
        "-# Not passed to Claude: `a` (it could not be saved)."
    );
    assert_eq!(
        fs::read_dir(home.path().join("elsewhere")).unwrap().count(),
        1
    );
    bot.stop().await;
}

#[tokio::test]
async fn order_is_kept_and_stop_ends_the_waiting() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let stalled = [Upload::new("a", "x").stalled()];
    let first = discord.say_with_files(here, member, "[[say first]]", &stalled);
    let second = discord.say(here, member, "[[say second]]");
    // Its file is there as soon as the fetch has begun.
    let home = bot.home().clone();
    eventually("the fetch to begin", || {
        (!files(&home, here).is_empty()).then_some(())
    })
    .await;
    assert_eq!(said(&discord, here), Vec::<String>::new());
    let stop = discord.say(here, member, "!stop");
    let stopped = bot.reply(&discord, stop).await.content;
    assert_eq!(bot.reply(&discord, second).await.content, "second");
    assert_eq!(said(&discord, here), [stopped, "second".to_owned()]);
    assert!(discord.look(|view| view.replies_to(first)).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn a_message_may_be_files_alone() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let asked = discord.say_with_files(here, member, "", &[Upload::new("a", "x")]);
    bot.reply(&discord, asked).await;
    assert_eq!(files(bot.home(), here).len(), 1);
    eventually("the turn to be booked", || {
        (bot.home().outcomes() == ["answered"]).then_some(())
    })
    .await;
    bot.stop().await;
}
