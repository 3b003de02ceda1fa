//! Another account than the bot's for the CLI, by `claude.run_as`.
//!
//! * The target of a link in place of a workspace is not given away, and nothing runs there.
//! * A folder that is closed to it does not keep the sandbox from starting.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
};

use loopback_discord::Upload;
use serde_json::json;
use tempfile::TempDir;

use super::{NOBODY, discord, level};
use crate::support::{Bot, Home, Need, skip_without, stand_ins};

fn folder_of_nobody() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    folder
}

#[tokio::test]
async fn a_link_in_place_of_a_workspace_gives_nothing_away() {
    if skip_without(Need::Root) {
        return;
    }
    let discord = discord().await;
    let here = discord.general();
    let home = Home::new();
    let at = |name: &str| home.path().join(name);
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
    for name in ["of-the-bot", "of-the-account", "of-the-account/inner"] {
        fs::create_dir(at(name)).unwrap();
    }
    for name in ["of-the-account", "of-the-account/inner"] {
        chown(at(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let workspace = at("of-the-account/work");
    symlink(at("of-the-bot"), &workspace).unwrap();
    let state = folder_of_nobody();
    let bot = Bot::new(&discord)
        .home(&home)
        .env("CLAUDE_CONFIG_DIR", state.path().to_str().unwrap())
        .config(&level("off"))
        .config(&json!({
            "claude": { "run_as": "65534" },
            "channels": { here.to_string(): { "workspace": workspace } },
        }));
    let bot = bot.start(&discord).await;
    let files = [Upload::new("notes.txt", "ringing")];
    let ask = || discord.say_with_files(here, discord.owner(), "[[say hello]]", &files);

    bot.hears(&discord, ask(), "workspace can't be used").await;
    assert!(stand_ins(bot.pid()).is_empty());
    assert_eq!(fs::metadata(at("of-the-bot")).unwrap().uid(), 0);
    assert_eq!(fs::read_dir(at("of-the-bot")).unwrap().count(), 0);

    fs::remove_file(&workspace).unwrap();
    symlink("inner", &workspace).unwrap();
    bot.hears(&discord, ask(), "hello").await;
    let fetched = at("of-the-account/inner/attachments");
    assert_eq!(fs::metadata(fetched).unwrap().uid(), NOBODY);
}

#[tokio::test]
async fn the_sandbox_starts_where_folders_are_closed_to_the_account() {
    if skip_without(Need::Root) || skip_without(Need::NamespacesAs(NOBODY)) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let state = folder_of_nobody();
    // The bot creates it with the folder above it, which is closed to all others.
    let elsewhere = tempfile::Builder::new()
        .prefix("switchboard-test-")
        .tempdir_in("/var/lib")
        .unwrap();
    let sessions = elsewhere.path().join("closed/sessions");
    let bot = Bot::new(&discord)
        .home(&home)
        .env("CLAUDE_CONFIG_DIR", state.path().to_str().unwrap())
        .config(&json!({
            "allowed_tools": ["Bash"],
            "claude": { "run_as": "65534" },
            "sessions_dir": sessions,
        }));
    let bot = bot.start(&discord).await;
    let log = bot.log.text();
    assert!(log.contains("runs inside bubblewrap"), "{log}");
    let record = sessions.join("active.json");
    let command = format!("exec > seen; id -u; cat {}; true", record.display());
    let words = format!(
        "[[tool Bash {}]] [[say done]]",
        json!({ "command": command })
    );
    let here = discord.general();
    bot.ask(&discord, here, &words, "done").await;
    let seen = home.path().join(format!("workspaces/{here}/seen"));
    assert_eq!(fs::read_to_string(seen).unwrap(), format!("{NOBODY}\n"));
    assert!(record.exists());
}
